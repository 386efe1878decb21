using System.Buffers;
using System.IO.Compression;
using System.IO.Pipelines;
using System.Text;
using MailServer.Server.Listening;

namespace MailServer.Server.Tests;

/// <summary>Compression of a connection (RFC 4978), over pipes in memory.</summary>
public sealed class DeflateTests(ITestOutputHelper output)
{
    [Fact]
    public async Task What_is_written_is_what_the_peer_inflates_after_every_flush()
    {
        var seed = Random.Shared.Next();
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        await using var one = new Compressed();
        for (var round = 0; round < 50; round++)
        {
            var octets = new byte[random.Next(1, 40_000)];
            random.NextBytes(octets.AsSpan(0, octets.Length / 2));
            for (var rest = octets.AsMemory(); !rest.IsEmpty;)
            {
                var piece = rest[..random.Next(1, rest.Length + 1)];
                rest = rest[piece.Length..];
                one.Pipes.Output.Write(piece.Span);
                if (random.Next(2) == 0)
                    await one.Pipes.Output.FlushAsync(TestContext.Current.CancellationToken);
            }

            await one.Pipes.Output.FlushAsync(TestContext.Current.CancellationToken);
            Assert.Equal(octets, await one.ReadAsPeerAsync(octets.Length));
        }
    }

    /// <summary>More sessions than compressors are kept for: each loses its own again and again, and no octet with it.</summary>
    [Fact]
    public async Task Sessions_that_take_turns_lose_nothing()
    {
        var sessions = Enumerable.Range(0, 50).Select(_ => new Compressed()).ToList();
        await Parallel.ForEachAsync(sessions, TestContext.Current.CancellationToken, async (session, cancellationToken) =>
        {
            for (var round = 0; round < 20; round++)
            {
                var text = Encoding.ASCII.GetBytes($"* {round} FETCH (FLAGS (\\Seen))\r\n");
                session.Pipes.Output.Write(text);
                await session.Pipes.Output.FlushAsync(cancellationToken);
                Assert.Equal(text, await session.ReadAsPeerAsync(text.Length));
                await Task.Yield();
            }
        });
        foreach (var session in sessions)
            await session.DisposeAsync();
    }

    [Fact]
    public async Task What_the_peer_sends_comes_line_by_line_as_it_flushes()
    {
        await using var one = new Compressed();
        for (var i = 0; i < 100; i++)
        {
            await one.SendAsPeerAsync($"a{i} NOOP\r\n");
            Assert.Equal($"a{i} NOOP\r\n", await one.ReadAsync());
        }
    }

    [Fact]
    public async Task A_wake_ends_a_read_and_loses_nothing()
    {
        await using var one = new Compressed();
        for (var i = 0; i < 20; i++)
        {
            var read = one.Pipes.Input.ReadAsync(TestContext.Current.CancellationToken).AsTask();
            one.Pipes.Input.CancelPendingRead();
            var woken = await read.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
            Assert.True(woken.IsCanceled);
            one.Pipes.Input.AdvanceTo(woken.Buffer.Start);
            await one.SendAsPeerAsync($"{i}\r\n");
            Assert.Equal($"{i}\r\n", await one.ReadAsync());
        }
    }

    [Fact]
    public async Task What_is_not_compressed_ends_the_connection()
    {
        await using var one = new Compressed();
        await one.ToServer.Writer.WriteAsync("a NOOP\r\nb NOOP\r\nc NOOP\r\nd NOOP\r\n"u8.ToArray(), TestContext.Current.CancellationToken);
        await Assert.ThrowsAsync<IOException>(async () =>
        {
            while (true)
            {
                var read = await one.Pipes.Input.ReadAsync(TestContext.Current.CancellationToken);
                one.Pipes.Input.AdvanceTo(read.Buffer.End);
                if (read.IsCompleted)
                    throw new IOException("ended");
            }
        });
    }

    /// <summary>A few octets that stand for a hundred megabytes: no more of them is made than is asked for.</summary>
    [Fact]
    public async Task A_bomb_is_taken_apart_piece_by_piece()
    {
        await using var one = new Compressed();
        using var bomb = new MemoryStream();
        using (var deflate = new DeflateStream(bomb, CompressionLevel.SmallestSize, leaveOpen: true))
            for (var i = 0; i < 100; i++)
                deflate.Write(new byte[1 << 20]);
        await one.ToServer.Writer.WriteAsync(bomb.ToArray(), TestContext.Current.CancellationToken);
        var read = await one.Pipes.Input.ReadAsync(TestContext.Current.CancellationToken);
        Assert.InRange(read.Buffer.Length, 1, 1 << 16);
        one.Pipes.Input.AdvanceTo(read.Buffer.End);
    }

    /// <summary>Whatever comes, the reader gets octets, the end, or an <see cref="IOException"/>, as from any broken connection.</summary>
    [Fact]
    public async Task Noise_is_read_or_ends_the_connection()
    {
        var seed = Random.Shared.Next();
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        for (var round = 0; round < 500; round++)
        {
            await using var one = new Compressed();
            using var good = new MemoryStream();
            using (var deflate = new DeflateStream(good, (CompressionLevel)random.Next(3), leaveOpen: true))
                for (var i = random.Next(1, 20); i > 0; i--)
                {
                    deflate.Write(Encoding.ASCII.GetBytes($"a{i} UID FETCH 1:{random.Next()} (FLAGS)\r\n"));
                    deflate.Flush();
                }

            var octets = good.ToArray();
            for (var i = random.Next(1, 6); i > 0; i--)
                octets[random.Next(octets.Length)] = (byte)random.Next(256);
            await one.ToServer.Writer.WriteAsync(octets, TestContext.Current.CancellationToken);
            await one.ToServer.Writer.CompleteAsync();
            try
            {
                for (var isOver = false; !isOver;)
                {
                    var read = await one.Pipes.Input.ReadAsync(TestContext.Current.CancellationToken);
                    isOver = read.IsCompleted;
                    one.Pipes.Input.AdvanceTo(read.Buffer.End);
                }
            }
            catch (IOException)
            {
                // As it should.
            }
        }
    }

    private sealed class Compressed : IDuplexPipe, IAsyncDisposable
    {
        private readonly MemoryStream _sent = new();
        private readonly DeflateStream _peer;
        private readonly DeflateStream _peerReads;

        public Compressed()
        {
            Pipes = new(this);
            _peer = new(_sent, CompressionLevel.Fastest, leaveOpen: true);
            _peerReads = new(ToClient.Reader.AsStream(), CompressionMode.Decompress);
        }

        public Pipe ToServer { get; } = new(new PipeOptions(pauseWriterThreshold: 0));

        public Pipe ToClient { get; } = new(new PipeOptions(pauseWriterThreshold: 0));

        public PipeReader Input => ToServer.Reader;

        public PipeWriter Output => ToClient.Writer;

        public DeflatePipes Pipes { get; }

        public async Task<byte[]> ReadAsPeerAsync(int count)
        {
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(10));
            var octets = new byte[count];
            await _peerReads.ReadExactlyAsync(octets, limit.Token);
            return octets;
        }

        public async Task SendAsPeerAsync(string text)
        {
            _sent.SetLength(0);
            _peer.Write(Encoding.ASCII.GetBytes(text));
            _peer.Flush();
            await ToServer.Writer.WriteAsync(_sent.ToArray());
        }

        public async Task<string> ReadAsync()
        {
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(10));
            while (true)
            {
                var read = await Pipes.Input.ReadAsync(limit.Token);
                var text = Encoding.ASCII.GetString(read.Buffer.ToArray());
                Pipes.Input.AdvanceTo(read.Buffer.End);
                if (text.Length > 0)
                    return text;
            }
        }

        public async ValueTask DisposeAsync() => await Pipes.CloseAsync(isHeard: false);
    }
}
