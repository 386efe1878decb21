using System.Buffers;
using BenchmarkDotNet.Attributes;
using MailServer.Wire.Imap;

namespace MailServer.Bench;

/// <summary>What commands cost to read, and what a mailbox of flags costs to write.</summary>
[MemoryDiagnoser]
public class ImapBench
{
    private const int Messages = 10_000;

    private static readonly byte[] FetchFlags = "a1 UID FETCH 1:* (UID FLAGS)"u8.ToArray();
    private static readonly byte[] FetchList =
        "a1 UID FETCH 1:500 (UID FLAGS RFC822.SIZE INTERNALDATE ENVELOPE BODY.PEEK[HEADER.FIELDS (FROM TO CC SUBJECT DATE MESSAGE-ID)])"u8.ToArray();
    private static readonly byte[] Store = "a2 UID STORE 4711,4713:4720 +FLAGS.SILENT (\\Seen $Label1)"u8.ToArray();
    private static readonly byte[] Lines = "a1 UID FETCH 1:* (UID FLAGS)\r\n"u8.ToArray();
    private static readonly string[] Keywords = ["$Label1"];

    private readonly RequestReader _reader = new() { Limits = RequestLimits.AfterLogin };
    private readonly Sink _sink = new();

    [Benchmark(Description = "cut a line")]
    public RequestEvent Cut() => _reader.Read(Lines, out _);

    [Benchmark(Description = "UID FETCH 1:* (UID FLAGS)")]
    public RequestFault ReadFetchFlags() => RequestParser.Parse(FetchFlags, out _);

    [Benchmark(Description = "UID FETCH of a list view")]
    public RequestFault ReadFetchList() => RequestParser.Parse(FetchList, out _);

    [Benchmark(Description = "UID STORE")]
    public RequestFault ReadStore() => RequestParser.Parse(Store, out _);

    [Benchmark(Description = "FETCH FLAGS of 10,000 messages")]
    public long WriteFlags()
    {
        var writer = new ResponseWriter(_sink);
        for (var sequence = 1; sequence <= Messages; sequence++)
        {
            writer.Raw("* "u8);
            writer.Number(sequence);
            writer.Raw(" FETCH (UID "u8);
            writer.Number(100_000 + sequence);
            writer.Raw(" FLAGS "u8);
            writer.Flags(FlagBits.Seen | FlagBits.Answered, Keywords, isRecent: false);
            writer.Raw(")\r\n"u8);
        }

        writer.Commit();
        return _sink.Written;
    }

    /// <summary>Takes octets like a pipe that is flushed at once.</summary>
    private sealed class Sink : IBufferWriter<byte>
    {
        private readonly byte[] _block = new byte[4_096];

        public long Written { get; private set; }

        public void Advance(int count) => Written += count;

        public Memory<byte> GetMemory(int sizeHint = 0) => _block;

        public Span<byte> GetSpan(int sizeHint = 0) => _block;
    }
}
