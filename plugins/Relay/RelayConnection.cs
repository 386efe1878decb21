using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text;
using MailServer.Wire.Smtp;

namespace MailServer.Plugins.Relay;

/// <summary>Octets to and from a server: replies in, lines out, each under a time limit.</summary>
internal sealed class RelayConnection : IAsyncDisposable
{
    private readonly TimeProvider _time;
    private readonly byte[] _buffer = new byte[ReplyLine.MaxLength];
    private Stream _stream;
    private int _start;
    private int _end;

    private RelayConnection(Stream stream, IPEndPoint remote, TimeProvider time) => (_stream, Remote, _time) = (stream, remote, time);

    public IPEndPoint Remote { get; }

    public bool IsTls => _stream is SslStream;

    /// <summary>Whether nobody else can listen.</summary>
    public bool IsPrivate => IsTls || IPAddress.IsLoopback(Remote.Address);

    /// <exception cref="RelayException">Nobody answers.</exception>
    public static async ValueTask<RelayConnection> ConnectAsync(IPEndPoint remote, IPAddress? source, TimeSpan limit, TimeProvider time, CancellationToken cancellationToken)
    {
        var socket = new Socket(remote.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            if (source is not null)
                socket.Bind(new IPEndPoint(source, 0));
            await WithinAsync(limit, time, token => socket.ConnectAsync(remote, token), $"{remote} does not answer", cancellationToken).ConfigureAwait(false);
            return new(new NetworkStream(socket, ownsSocket: true), remote, time);
        }
        catch (SocketException e)
        {
            socket.Dispose();
            throw RelayException.NoConnection($"{remote}: {e.SocketErrorCode}", e);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Begins to encrypt.</summary>
    /// <exception cref="RelayException">The handshake failed, or something was said in clear that would be taken for encrypted.</exception>
    public async ValueTask StartTlsAsync(SslClientAuthenticationOptions options, TimeSpan limit, CancellationToken cancellationToken)
    {
        // RFC 3207 §5, CVE-2021-33515 in the other direction: a reply that waits already was not said by who is asked.
        if (_start < _end)
            throw new RelayException(new(new(4, 7, 0), "The server said something before the TLS handshake"));
        var tls = new SslStream(_stream, leaveInnerStreamOpen: false);
        _stream = tls;
        try
        {
            await WithinAsync(limit, _time, token => new ValueTask(tls.AuthenticateAsClientAsync(options, token)), "TLS handshake", cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is AuthenticationException or IOException)
        {
            throw new RelayException(new(new(4, 7, 5), $"TLS with {options.TargetHost} failed: {(e.InnerException ?? e).Message}"), null, e);
        }
    }

    public async ValueTask WriteAsync(ReadOnlyMemory<byte> octets, TimeSpan limit, CancellationToken cancellationToken)
    {
        try
        {
            await WithinAsync(limit, _time, token => _stream.WriteAsync(octets, token), "The server takes nothing more", cancellationToken).ConfigureAwait(false);
        }
        catch (IOException e)
        {
            throw RelayException.Lost("The connection was lost", e);
        }
    }

    /// <summary>Reads a whole reply.</summary>
    /// <exception cref="RelayException">It takes too long, is none, or the connection ends.</exception>
    public async ValueTask<Reply> ReadReplyAsync(TimeSpan limit, CancellationToken cancellationToken)
    {
        Reply? reply = null;
        await WithinAsync(limit, _time, async token => reply = await ReadAsync(token).ConfigureAwait(false), "The server does not answer", cancellationToken).ConfigureAwait(false);
        return reply!;
    }

    public ValueTask DisposeAsync() => _stream.DisposeAsync();

    private async ValueTask<Reply> ReadAsync(CancellationToken cancellationToken)
    {
        var (code, lines) = (0, new List<string>());
        while (true)
        {
            var line = await ReadLineAsync(cancellationToken).ConfigureAwait(false);
            if (!ReplyLine.TryRead(line.Span, out var part) || code != 0 && part.Code != code || lines.Count == ReplyLine.MaxLines)
                throw new RelayException(new(new(4, 5, 0), "The server's answer is no SMTP reply"));
            code = part.Code;
            lines.Add(Shown(part.Text));
            if (!part.IsMore)
                return new(code, lines);
        }
    }

    private async ValueTask<ReadOnlyMemory<byte>> ReadLineAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            // Some servers end lines with LF; nothing can be smuggled to a client that waits for each reply.
            var length = _buffer.AsSpan(_start, _end - _start).IndexOf((byte)'\n');
            if (length >= 0)
            {
                var line = _buffer.AsMemory(_start, length);
                _start += length + 1;
                return line.Span is [.., (byte)'\r'] ? line[..^1] : line;
            }

            if (_start > 0)
            {
                _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
                (_start, _end) = (0, _end - _start);
            }

            if (_end == _buffer.Length)
                throw new RelayException(new(new(4, 5, 0), "The server's reply is too long"));
            try
            {
                var count = await _stream.ReadAsync(_buffer.AsMemory(_end), cancellationToken).ConfigureAwait(false);
                _end += count > 0 ? count : throw RelayException.Lost("The server hung up");
            }
            catch (IOException e)
            {
                throw RelayException.Lost("The connection was lost", e);
            }
        }
    }

    private static string Shown(ReadOnlySpan<byte> text) => string.Create(text.Length, Encoding.Latin1.GetString(text), static (target, source) =>
    {
        for (var i = 0; i < target.Length; i++)
            target[i] = source[i] is >= ' ' and <= '~' ? source[i] : '?';
    });

    private static async ValueTask WithinAsync(
        TimeSpan limit, TimeProvider time, Func<CancellationToken, ValueTask> step, string otherwise, CancellationToken cancellationToken)
    {
        using var timer = new CancellationTokenSource(limit, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(timer.Token, cancellationToken);
        try
        {
            await step(both.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException e) when (timer.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw RelayException.Lost($"{otherwise} (waited {limit.TotalSeconds:0} s)", e);
        }
    }
}
