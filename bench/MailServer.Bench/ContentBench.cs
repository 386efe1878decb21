using System.Globalization;
using System.IO.Pipelines;
using System.Text;
using BenchmarkDotNet.Attributes;
using MailServer.Storage;
using Microsoft.Win32.SafeHandles;

namespace MailServer.Bench;

/// <summary>The content side of the store: what FETCH and SEARCH cost for one message.</summary>
[MemoryDiagnoser]
public class ContentBench : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("mailserver-bench-").FullName;
    private readonly SearchProgram _missing = SearchProgram.Compile(new SearchKey.Body("this text is nowhere"));
    private readonly SearchProgram _subject = SearchProgram.Compile(new SearchKey.Header("Subject", "this text is nowhere"));
    private byte[] _small = [];
    private byte[] _large = [];
    private SafeFileHandle? _smallFile;
    private SafeFileHandle? _largeFile;
    private long _smallSize;
    private long _largeSize;

    [GlobalSetup]
    public void Setup()
    {
        _small = Alternative(4 * 1024);
        _large = Attachment(1024 * 1024);
        (_smallFile, _smallSize) = Open("small", _small);
        (_largeFile, _largeSize) = Open("large", _large);
    }

    [GlobalCleanup]
    public void Dispose()
    {
        _smallFile?.Dispose();
        _largeFile?.Dispose();
        Directory.Delete(_directory, recursive: true);
        GC.SuppressFinalize(this);
    }

    [Benchmark]
    public MessageStructure Structure_of_4_KiB() => StructureReader.Read(new MemoryStream(_small), _smallSize);

    [Benchmark]
    public MessageStructure Structure_of_1_MiB() => StructureReader.Read(new MemoryStream(_large), _largeSize);

    [Benchmark]
    public long Count_1_MiB() => CrlfCounter.Count(_largeFile!, CancellationToken.None);

    [Benchmark]
    public Task<long> Stream_4_KiB() => StreamAsync(_smallFile!, 0, _smallSize, _smallSize, null);

    [Benchmark]
    public Task<long> Stream_1_MiB() => StreamAsync(_largeFile!, 0, _largeSize, _largeSize, null);

    [Benchmark]
    public Task<long> Last_64_KiB_of_1_MiB() => StreamAsync(_largeFile!, _largeSize - 65536, 65536, _largeSize, null);

    [Benchmark]
    public bool Search_body_of_4_KiB() => _missing.Matches(Subject(_small));

    [Benchmark]
    public bool Search_body_of_1_MiB() => _missing.Matches(Subject(_large));

    [Benchmark]
    public bool Search_subject() => _subject.Matches(Subject(_large));

    private static async Task<long> StreamAsync(SafeFileHandle file, long offset, long length, long size, CrlfMap? map)
    {
        var pipe = new Pipe();
        var content = new StoredContent(file, size, map);               // not disposed: the handle stays open for the next
        var copy = content.CopyToAsync(pipe.Writer, offset, length, CancellationToken.None);
        var total = 0L;
        while (total < length)
        {
            var read = await pipe.Reader.ReadAsync();
            total += read.Buffer.Length;
            pipe.Reader.AdvanceTo(read.Buffer.End);
        }

        await copy;
        return total;
    }

    private static SearchSubject Subject(byte[] mail) => new()
    {
        Info = new MessageInfo { Uid = 1, Flags = default, Size = mail.Length, InternalDate = DateTimeOffset.UnixEpoch, ModSeq = 1 },
        Sequence = 1,
        IsRecent = false,
        LastUid = 1,
        LastSequence = 1,
        Open = () => new MemoryStream(mail),
    };

    private (SafeFileHandle File, long Size) Open(string name, byte[] mail)
    {
        var path = Path.Combine(_directory, name);
        File.WriteAllBytes(path, mail);
        var file = File.OpenHandle(path);
        return (file, CrlfCounter.Count(file, CancellationToken.None));
    }

    private const string Header = "Return-Path: <carol@example.net>\nReceived: from mail.example.net (mail.example.net [192.0.2.25])\n\tby mx.example.org with ESMTPS id 4QxT3b0Zqz\n\tfor <alice@example.org>; Mon, 23 Nov 2026 10:02:00 +0100\nDate: Mon, 23 Nov 2026 10:02:00 +0100\nFrom: Carol Example <carol@example.net>\nTo: Alice Archer <alice@example.org>, \"Builder, Bob\" <bob@example.org>\nCc: dev@lists.example.org\nSubject: =?UTF-8?Q?Gr=C3=BC=C3=9Fe?= and some words\nMessage-ID: <1.2.3@example.net>\nMIME-Version: 1.0\n";

    private static byte[] Alternative(int size)
    {
        var text = Lines(size / 3);
        return Encoding.ASCII.GetBytes($"{Header}Content-Type: multipart/alternative; boundary=\"b1\"\n\n--b1\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\n{text}\n--b1\nContent-Type: text/html; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\n<html><body>{text}</body></html>\n--b1--\n");
    }

    private static byte[] Attachment(int size)
    {
        var noise = new byte[size / 2];
        new Random(1).NextBytes(noise);
        return Encoding.ASCII.GetBytes($"{Header}Content-Type: multipart/mixed; boundary=\"b1\"\n\n--b1\nContent-Type: text/plain; charset=utf-8\n\n{Lines(size / 4)}\n--b1\nContent-Type: application/pdf; name=\"a.pdf\"\nContent-Transfer-Encoding: base64\n\n{Convert.ToBase64String(noise, Base64FormattingOptions.InsertLineBreaks).Replace("\r", "", StringComparison.Ordinal)}\n--b1--\n");
    }

    private static string Lines(int size)
    {
        var text = new StringBuilder();
        for (var i = 0; text.Length < size; i++)
            text.Append(CultureInfo.InvariantCulture, $"Line {i} of a text that somebody wrote to somebody else, once.\n");
        return text.ToString();
    }
}
