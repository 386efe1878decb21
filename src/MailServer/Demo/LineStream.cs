using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text;

namespace MailServer.Server.Demo;

/// <summary>A client's end of a line protocol: connect, lines, octets, TLS. For talking to ourselves, so any certificate will do.</summary>
internal sealed class LineStream : IAsyncDisposable
{
    // Our own replies: a FETCH of headers has lines below this.
    private const int MaxLine = 64 * 1024;

    private readonly Socket _socket;
    private readonly byte[] _buffer = new byte[16 * 1024];
    private Stream _stream;
    private int _start;
    private int _end;

    private LineStream(Socket socket)
    {
        _socket = socket;
        _stream = new NetworkStream(socket, ownsSocket: true);
    }

    public static async Task<LineStream> ConnectAsync(int port, CancellationToken cancellationToken)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port), cancellationToken).ConfigureAwait(false);
            return new(socket);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    public async Task StartTlsAsync(CancellationToken cancellationToken)
    {
#pragma warning disable CA5359 // It is our own server, reached over loopback, and its certificate is a minute old.
        var tls = new SslStream(_stream, leaveInnerStreamOpen: false, (_, _, _, _) => true);
#pragma warning restore CA5359
        try
        {
            await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = "localhost" }, cancellationToken).ConfigureAwait(false);
        }
        catch (AuthenticationException e)
        {
            await tls.DisposeAsync().ConfigureAwait(false);
            throw new IOException(e.Message, e);
        }

        _stream = tls;
    }

    public Task WriteLineAsync(string line, CancellationToken cancellationToken) => WriteAsync(Encoding.UTF8.GetBytes(line + "\r\n"), cancellationToken);

    public async Task WriteAsync(ReadOnlyMemory<byte> octets, CancellationToken cancellationToken)
    {
        await _stream.WriteAsync(octets, cancellationToken).ConfigureAwait(false);
        await _stream.FlushAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The next line without its end.</summary>
    /// <exception cref="IOException">There is none.</exception>
    public async Task<string> ReadLineAsync(CancellationToken cancellationToken)
    {
        var line = new List<byte>(128);
        while (true)
        {
            var octet = await ReadOctetAsync(cancellationToken).ConfigureAwait(false);
            if (octet == '\n')
                return Encoding.UTF8.GetString([.. line]).TrimEnd('\r');
            line.Add(octet);
            if (line.Count > MaxLine)
                throw new IOException("the server's line is too long");
        }
    }

    /// <summary>So many octets.</summary>
    public async Task<byte[]> ReadAsync(int count, CancellationToken cancellationToken)
    {
        var octets = new byte[count];
        for (var i = 0; i < count; i++)
            octets[i] = await ReadOctetAsync(cancellationToken).ConfigureAwait(false);
        return octets;
    }

    public async ValueTask DisposeAsync()
    {
        await _stream.DisposeAsync().ConfigureAwait(false);
        _socket.Dispose();
    }

    private async ValueTask<byte> ReadOctetAsync(CancellationToken cancellationToken)
    {
        if (_start == _end)
        {
            (_start, _end) = (0, await _stream.ReadAsync(_buffer, cancellationToken).ConfigureAwait(false));
            if (_end == 0)
                throw new IOException("the server has closed the connection");
        }

        return _buffer[_start++];
    }
}
