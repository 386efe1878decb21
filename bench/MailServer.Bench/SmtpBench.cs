using System.Buffers;
using System.Text;
using BenchmarkDotNet.Attributes;
using MailServer.Wire.Smtp;

namespace MailServer.Bench;

/// <summary>What every recipient and every octet of a message costs on its way in.</summary>
[MemoryDiagnoser]
public class SmtpBench
{
    private const int MessageSize = 4 << 20;

    private static readonly byte[] Line = "RCPT TO:<alice.liddell@mail.example.org>"u8.ToArray();

    private readonly byte[] _message = MakeMessage();
    private readonly SinkWriter _sink = new();

    [Benchmark(Description = "RCPT line")]
    public bool RcptLine()
    {
        var command = SmtpCommand.Read(Line);
        Span<byte> local = stackalloc byte[SmtpPath.MaxLocalPart];
        return RcptCommand.TryRead(command.Argument, SmtpExtensions.Dsn, out var rcpt) == SmtpFault.None && rcpt.ForwardPath.WriteLocalPart(local) > 0;
    }

    [Benchmark(Description = "cut a line off a buffer")]
    public SmtpLineKind CutLine()
    {
        var reader = new SmtpLineReader();
        var buffer = new ReadOnlySequence<byte>(_message);
        return reader.Read(ref buffer, 2048, out _);
    }

    [Benchmark(Description = "4 MiB of 76-octet lines, in reads of 16 KiB")]
    public long Decode()
    {
        var decoder = new DataDecoder(1000);
        for (var at = 0; at < _message.Length; at += 16 << 10)
            decoder.Decode(_message.AsSpan(at, Math.Min(16 << 10, _message.Length - at)), _sink);
        return decoder.IsEnded && decoder.Fault == DataFault.None ? decoder.Length : throw new InvalidOperationException();
    }

    private static byte[] MakeMessage()
    {
        var text = new StringBuilder();
        while (text.Length < MessageSize)
            text.Append("VGhpcyBpcyBhIGxpbmUgb2YgYmFzZTY0LCBzZXZlbnR5LXNpeCBvY3RldHMgbG9uZywgYXMgdXN1YWw=\r\n").Append("..dots too\r\n");
        return Encoding.ASCII.GetBytes(text.Append(".\r\n").ToString());
    }

    /// <summary>Takes octets like a pipe: the copy is part of the cost.</summary>
    private sealed class SinkWriter : IBufferWriter<byte>
    {
        private readonly byte[] _block = new byte[64 << 10];

        public void Advance(int count)
        {
        }

        public Memory<byte> GetMemory(int sizeHint = 0) => _block;

        public Span<byte> GetSpan(int sizeHint = 0) => _block;
    }
}
