using System.IO.Compression;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;

namespace MailServer.Interop.Tests;

/// <summary>A client that says and hears lines, so that a test can stop it anywhere within a protocol.</summary>
internal sealed class LineClient : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    private readonly TcpClient _client = new() { NoDelay = true };
    private Stream _stream = Stream.Null;
    private readonly byte[] _buffer = new byte[64 * 1024];
    private int _start;
    private int _end;

    /// <summary>Connects with TLS from the start and reads the greeting.</summary>
    public static async Task<LineClient> ConnectTlsAsync(ServerProcess server, string listener, int receiveBuffer = 0)
    {
        var client = new LineClient();
        if (receiveBuffer > 0)
            client._client.ReceiveBufferSize = receiveBuffer;
        await client._client.ConnectAsync("127.0.0.1", server.Port(listener));
        var tls = new SslStream(client._client.GetStream());
        client._stream = tls;
        await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = "localhost",
            RemoteCertificateValidationCallback = (_, certificate, _, _) => server.IsOurs(certificate),
        });
        await client.ReadLineAsync();
        return client;
    }

    public static async Task<LineClient> ConnectAsync(int port)
    {
        var client = new LineClient();
        await client._client.ConnectAsync("127.0.0.1", port);
        client._stream = client._client.GetStream();
        await client.ReadLineAsync();
        return client;
    }

    public async Task SendAsync(string text)
    {
        using var limit = new CancellationTokenSource(Limit);
        await _stream.WriteAsync(Encoding.UTF8.GetBytes(text), limit.Token);
    }

    public async Task<string> ReadLineAsync()
    {
        while (true)
        {
            var length = _buffer.AsSpan(_start, _end - _start).IndexOf("\r\n"u8);
            if (length >= 0)
            {
                var line = Encoding.UTF8.GetString(_buffer, _start, length);
                _start += length + 2;
                return line;
            }

            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            (_start, _end) = (0, _end - _start);
            using var limit = new CancellationTokenSource(Limit);
            var read = await _stream.ReadAsync(_buffer.AsMemory(_end), limit.Token);
            if (read == 0)
                throw new IOException("the server has closed the connection");
            _end += read;
        }
    }

    /// <summary>Says a line and reads up to the reply that begins as given; returns it and what came before.</summary>
    public async Task<(string Reply, List<string> Before)> CommandAsync(string line, string prefix)
    {
        await SendAsync(line + "\r\n");
        List<string> before = [];
        while (true)
        {
            var reply = await ReadLineAsync();
            if (reply.StartsWith(prefix, StringComparison.Ordinal))
                return (reply, before);
            before.Add(reply);
        }
    }

    /// <summary>COMPRESS (RFC 4978): from here on both directions are compressed.</summary>
    public async Task CompressAsync()
    {
        await CommandAsync("z COMPRESS DEFLATE", "z OK");
        _stream = new Deflated(_stream);
    }

    public async ValueTask DisposeAsync()
    {
        await _stream.DisposeAsync();
        _client.Dispose();
    }

    /// <summary>Reads and writes compressed; every write is sent at once.</summary>
    private sealed class Deflated(Stream beneath) : Stream
    {
        private readonly DeflateStream _reads = new(beneath, CompressionMode.Decompress);
        private readonly DeflateStream _writes = new(beneath, CompressionLevel.Fastest, leaveOpen: true);

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => _reads.ReadAsync(buffer, cancellationToken);

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            await _writes.WriteAsync(buffer, cancellationToken);
            await _writes.FlushAsync(cancellationToken);
        }

        public override void Flush()
        {
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override async ValueTask DisposeAsync()
        {
            await _reads.DisposeAsync();
            await base.DisposeAsync();
        }
    }
}
