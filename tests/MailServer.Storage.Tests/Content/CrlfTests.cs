using System.IO.Pipelines;
using MailServer.TestKit;
using Microsoft.Win32.SafeHandles;

namespace MailServer.Storage.Tests;

/// <summary>Size, stream and ranges follow one rule: a CR comes before every LF that has none; all else stays.</summary>
public sealed class CrlfTests
{
    public static TheoryData<string, string> Texts => new()
    {
        { "", "" },
        { "a", "a" },
        { "a\n", "a\r\n" },
        { "a\r\n", "a\r\n" },
        { "\n\n", "\r\n\r\n" },
        { "\r\n\n\r\n", "\r\n\r\n\r\n" },
        { "a\rb\n", "a\rb\r\n" },
        { "a\r", "a\r" },
        { "a\r\r\n", "a\r\r\n" },
        { "a\n\rb", "a\r\n\rb" },
        { "a\nb", "a\r\nb" },
        { new string('x', 40) + "\n" + new string('y', 40) + "\r\n" + new string('\n', 70), new string('x', 40) + "\r\n" + new string('y', 40) + "\r\n" + string.Concat(Enumerable.Repeat("\r\n", 70)) },
    };

    [Theory]
    [MemberData(nameof(Texts))]
    public async Task Size_stream_and_every_range_agree(string stored, string sent)
    {
        using var directory = new TempDirectory();
        await using var content = Open(directory, Mails.Bytes(stored), out var size);
        Assert.Equal(sent.Length, size);
        Assert.Equal(sent.Length, content.Size);
        using (var all = new StreamReader(content.OpenRead(), System.Text.Encoding.Latin1))
            Assert.Equal(sent, await all.ReadToEndAsync());
        for (var offset = 0; offset <= sent.Length; offset++)
            for (var length = 0; length <= sent.Length - offset; length += 1 + (length / 8))
                Assert.Equal(sent.Substring(offset, length), System.Text.Encoding.Latin1.GetString(await Range(content, offset, length)));
    }

    [Fact]
    public void Any_split_of_the_bytes_counts_the_same()
    {
        var random = new Random(20261124);
        for (var round = 0; round < 300; round++)
        {
            var stored = Wild(random, random.Next(1, 300));
            var expected = Mails.ToCrlf(stored).Length - stored.Length;
            var (count, afterCr) = (0, false);
            for (var at = 0; at < stored.Length;)
            {
                var piece = Math.Min(random.Next(0, 80), stored.Length - at);
                count += CrlfText.CountBareLf(stored.AsSpan(at, piece), ref afterCr);
                at += piece;
            }

            Assert.True(expected == count, $"round {round}: {count} for {expected} in {Convert.ToHexString(stored)}");
        }
    }

    [Fact]
    public async Task Late_ranges_of_a_big_file_are_exact_and_checkpoints_outlive_the_content()
    {
        using var directory = new TempDirectory();
        var random = new Random(7);
        var stored = Wild(random, (CrlfMap.Step * 3) + 12_345);
        var sent = Mails.ToCrlf(stored);
        var map = new CrlfMap();
        for (var round = 0; round < 40; round++)
        {
            await using var content = Open(directory, stored, out var size, map);
            Assert.Equal(sent.Length, size);
            var offset = random.Next(sent.Length);
            var length = Math.Min(random.Next(100_000), sent.Length - offset);
            var range = await Range(content, offset, length);
            Assert.True(sent.AsSpan(offset, length).SequenceEqual(range), $"round {round}: {length} from {offset}");
        }

        Assert.InRange(map.Before(sent.Length).Position, CrlfMap.Step, stored.Length);
        Assert.Equal(default, map.Before(10));
    }

    [Theory]
    [InlineData("abc\ndef\n", 4)]
    [InlineData("abc\r\ndef\r\n", 5)]
    public async Task A_file_that_lost_its_end_is_an_IOException_and_never_fewer_octets(string stored, int kept)
    {
        using var directory = new TempDirectory();
        await using var content = Open(directory, Mails.Bytes(stored), out var size);
        using (var file = new FileStream(directory.File("mail"), FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
            file.SetLength(kept);
        var pipe = new Pipe();
        await Assert.ThrowsAnyAsync<IOException>(async () => await content.CopyToAsync(pipe.Writer, 0, size, CancellationToken.None));
        await Assert.ThrowsAnyAsync<IOException>(async () => await content.OpenRead().CopyToAsync(Stream.Null));
    }

    [Fact]
    public async Task A_file_that_grew_gives_what_was_announced()
    {
        using var directory = new TempDirectory();
        await using var content = Open(directory, Mails.Bytes("abc\n"), out var size);
        using (var file = new FileStream(directory.File("mail"), FileMode.Append, FileAccess.Write, FileShare.ReadWrite))
            file.Write("more\n"u8);
        Assert.Equal("abc\r\n"u8.ToArray(), await Range(content, 0, (int)size));
        using var stream = new StreamReader(content.OpenRead());
        Assert.Equal("abc\r\n", await stream.ReadToEndAsync());
    }

    [Fact]
    public async Task A_range_outside_is_refused_before_an_octet_is_written()
    {
        using var directory = new TempDirectory();
        await using var content = Open(directory, Mails.Bytes("abc\n"), out _);
        var pipe = new Pipe();
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(async () => await content.CopyToAsync(pipe.Writer, 3, 3, CancellationToken.None));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(async () => await content.CopyToAsync(pipe.Writer, -1, 1, CancellationToken.None));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(async () => await content.CopyToAsync(pipe.Writer, long.MaxValue, 1, CancellationToken.None));
    }

    [Fact]
    public async Task A_peer_that_is_gone_ends_the_copy()
    {
        using var directory = new TempDirectory();
        await using var content = Open(directory, Wild(new Random(3), 500_000), out var size);
        var pipe = new Pipe();
        await pipe.Reader.CompleteAsync();
        await content.CopyToAsync(pipe.Writer, 0, size, CancellationToken.None);
    }

    [Fact]
    public async Task A_slow_peer_holds_the_copy_and_memory_stays_small()
    {
        using var directory = new TempDirectory();
        var stored = Wild(new Random(4), 2_000_000);
        await using var content = Open(directory, stored, out var size);
        var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 64 * 1024, resumeWriterThreshold: 32 * 1024));
        var copy = content.CopyToAsync(pipe.Writer, 0, size, CancellationToken.None).AsTask();
        var (total, most) = (0L, 0L);
        while (total < size)
        {
            var read = await pipe.Reader.ReadAsync();
            most = Math.Max(most, read.Buffer.Length);
            total += read.Buffer.Length;
            pipe.Reader.AdvanceTo(read.Buffer.End);
        }

        await copy;
        Assert.Equal(size, total);
        Assert.InRange(most, 1, 512 * 1024);
    }

    private static StoredContent Open(TempDirectory directory, byte[] stored, out long size, CrlfMap? map = null)
    {
        var path = directory.File("mail");
        File.WriteAllBytes(path, stored);
        SafeFileHandle file = File.OpenHandle(path, share: FileShare.ReadWrite);
        size = CrlfCounter.Count(file, CancellationToken.None);
        return new StoredContent(file, size, map);
    }

    private static async Task<byte[]> Range(StoredContent content, long offset, long length)
    {
        var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 0));
        await content.CopyToAsync(pipe.Writer, offset, length, CancellationToken.None);
        await pipe.Writer.CompleteAsync();
        using var bytes = new MemoryStream();
        await pipe.Reader.CopyToAsync(bytes);
        return bytes.ToArray();
    }

    // Many line ends of every kind.
    private static byte[] Wild(Random random, int length) =>
        [.. Enumerable.Range(0, length).Select(_ => random.Next(8) switch { 0 => (byte)'\n', 1 => (byte)'\r', _ => (byte)random.Next(256) })];
}
