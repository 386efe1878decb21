using System.IO.Pipelines;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using MailServer.Extensibility;
using MailServer.Server.Tls;
using Microsoft.AspNetCore.Connections;

namespace MailServer.Server.Listening;

/// <summary>A client's connection: the transport's pipes, or TLS over them, or compression over either.</summary>
internal sealed class ClientConnection : SessionConnection, IAsyncDisposable
{
    // A peer that reads no more must not keep its connection for ever: what we have said last is small.
    private static readonly TimeSpan CloseLimit = TimeSpan.FromSeconds(20);

    // ContentType handshake (RFC 8446 §5.1).
    private const byte HandshakeRecord = 22;

    private readonly ConnectionContext _context;
    private readonly CertificateSource? _certificates;
    private readonly TimeProvider _time;
    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _hardStop = new();
    private SslStream? _ssl;
    private TlsPipes? _tls;
    private DeflatePipes? _deflate;
    private IDuplexPipe _transport;
    private ConnectionInfo _info;

    public ClientConnection(ConnectionContext context, ConnectionInfo info, CertificateSource? certificates, TimeProvider time)
    {
        (_context, _info, _certificates, _time) = (context, info, certificates, time);
        _transport = context.Transport;
        HardStop = _hardStop.Token;
    }

    public override ConnectionInfo Info => Volatile.Read(ref _info);

    public override IDuplexPipe Transport => Volatile.Read(ref _transport);

    /// <summary>Fires when the connection is ended without a goodbye.</summary>
    public CancellationToken HardStop { get; }

    public override async ValueTask<TlsInfo> StartTlsAsync(CancellationToken cancellationToken)
    {
        if (!Info.CanStartTls)
            throw new InvalidOperationException("TLS is not to be had here");
        if (HasPlainInput())
        {
            Abort();
            throw new IOException("the peer sent more before the TLS handshake");
        }

        return await HandshakeAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Does the server's part of a handshake, within its time limit.</summary>
    /// <exception cref="IOException">It failed; the connection is dead.</exception>
    public async ValueTask<TlsInfo> HandshakeAsync(CancellationToken cancellationToken)
    {
        if (_certificates is null)
            throw new InvalidOperationException("a listener with TLS has a certificate");
        var plain = _context.Transport;
        var ssl = new SslStream(new DuplexPipeStream(plain.Input, plain.Output), leaveInnerStreamOpen: true);
        using var limit = new CancellationTokenSource(_certificates.HandshakeLimit, _time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken, HardStop);
        try
        {
            await ssl.AuthenticateAsServerAsync(_certificates.ChooseAsync, null, both.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is AuthenticationException or IOException or OperationCanceledException or InvalidOperationException or System.ComponentModel.Win32Exception)
        {
            await ssl.DisposeAsync().ConfigureAwait(false);
            Abort();
            cancellationToken.ThrowIfCancellationRequested();
            throw new IOException(limit.IsCancellationRequested ? "the TLS handshake took too long" : $"TLS handshake: {e.InnerException?.Message ?? e.Message}", e);
        }

        var tls = new TlsInfo
        {
            Protocol = ssl.SslProtocol == SslProtocols.Tls13 ? "TLS1.3" : "TLS1.2",
            CipherSuite = ssl.NegotiatedCipherSuite.ToString(),
            ServerName = ssl.TargetHostName is { Length: > 0 } name ? name : null,
            ServerEndPoint = ssl.LocalCertificate is X509Certificate2 leaf ? ServerEndPoint.Of(leaf) : default,
        };
        Enter(ssl, tls);
        return tls;
    }

    public override void StartCompression()
    {
        if (!Info.CanCompress)
            throw new InvalidOperationException("compressed already");
        _deflate = new(_transport);
        Volatile.Write(ref _info, Info with { CanCompress = false });
        Exchange(_deflate);
    }

    public override void Wake()
    {
        lock (_lock)
            _transport.Input.CancelPendingRead();
    }

    public override void Abort()
    {
        try
        {
            // What a plugin has registered on it runs elsewhere: whoever ends many connections must not wait for one.
            _ = _hardStop.CancelAsync();
        }
        catch (ObjectDisposedException)
        {
            // It is over already.
        }

        _context.Abort(new ConnectionAbortedException("ended by the server"));
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            await CloseAsync().WaitAsync(CloseLimit, _time).ConfigureAwait(false);
        }
        catch (Exception e) when (e is TimeoutException or IOException or OperationCanceledException or InvalidOperationException)
        {
            _context.Abort(new ConnectionAbortedException("the peer does not read"));
            await _context.DisposeAsync().ConfigureAwait(false);
        }
        finally
        {
            _hardStop.Dispose();
        }
    }

    private async Task CloseAsync()
    {
        if (_deflate is { } deflate)
            await deflate.CloseAsync(isHeard: !HardStop.IsCancellationRequested).ConfigureAwait(false);
        if (_ssl is { } ssl && _tls is { } tls)
        {
            if (!HardStop.IsCancellationRequested)
            {
                await tls.Output.CompleteAsync().ConfigureAwait(false);
                // close_notify, so that the peer can tell an end from a cut (RFC 8446 §6.1).
                await ssl.ShutdownAsync().ConfigureAwait(false);
            }

            await tls.Input.CompleteAsync().ConfigureAwait(false);
            await ssl.DisposeAsync().ConfigureAwait(false);
        }

        // Sends what is left, then closes the socket.
        await _context.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>
    /// Whether bytes wait that are no handshake: commands sent before TLS, to be taken for commands sent within it. A peer that has read
    /// our go-ahead may already have sent its ClientHello, so that bytes wait is not wrong in itself. All of them go to TLS, none to the session.
    /// </summary>
    private bool HasPlainInput()
    {
        var input = _transport.Input;
        while (input.TryRead(out var read))
        {
            var first = read.Buffer.IsEmpty ? (byte?)null : read.Buffer.FirstSpan[0];
            input.AdvanceTo(read.Buffer.Start, read.Buffer.Start);
            if (first is not null)
                return first != HandshakeRecord;
            if (read.IsCompleted)
                return false;
        }

        return false;
    }

    private void Enter(SslStream ssl, TlsInfo tls)
    {
        _ssl = ssl;
        _tls = new(
            PipeReader.Create(ssl, new(leaveOpen: true, useZeroByteReads: true)),
            PipeWriter.Create(ssl, new(leaveOpen: true)));
        Volatile.Write(ref _info, Info with { Tls = tls, CanStartTls = false, AllowsPlaintextAuth = true });
        Exchange(_tls);
    }

    private void Exchange(IDuplexPipe pipes)
    {
        lock (_lock)
        {
            Volatile.Write(ref _transport, pipes);
            // A wake that came meanwhile has gone to the other pipe: one too many is harmless, one lost is not.
            pipes.Input.CancelPendingRead();
        }
    }

    private sealed record TlsPipes(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}
