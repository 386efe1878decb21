using System.IO.Pipelines;

namespace MailServer;

/// <summary>A connection as its protocol handler sees it.</summary>
public interface IMailConnection
{
    /// <summary>Who is connected, from where, over what. A new value after STARTTLS.</summary>
    ConnectionInfo Info { get; }

    /// <summary>The bytes. A new pipe takes its place after <see cref="StartTlsAsync"/> and <see cref="StartCompression"/>.</summary>
    IDuplexPipe Transport { get; }

    /// <summary>
    /// Soft stop: finish the command or transaction in hand, then return <see cref="SessionEnd.HandOver"/> when
    /// <see cref="IsClosing"/> is false, or else say goodbye (SMTP 421, RFC 5321 §3.8; IMAP untagged BYE, RFC 9051 §7.1.5) and return
    /// <see cref="SessionEnd.Closed"/>. To be looked at after every read: the host wakes the pending read with
    /// <see cref="PipeReader.CancelPendingRead"/>, which is sticky. No token, event or callback: each would keep an old generation alive.
    /// </summary>
    bool IsDraining { get; }

    /// <summary>Whether the server stops: with <see cref="IsDraining"/>, no new generation waits.</summary>
    bool IsClosing { get; }

    /// <summary>
    /// Starts TLS. Call it after the go-ahead reply is flushed and with nothing left unread:
    /// bytes that the peer sent before the handshake end the connection (RFC 3207 §4.2, RFC 9051 §6.2.1).
    /// </summary>
    /// <exception cref="IOException">The handshake failed; the connection is dead.</exception>
    ValueTask<TlsInfo> StartTlsAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Compresses in both directions from here on (DEFLATE, RFC 1951). Call it when <see cref="ConnectionInfo.CanCompress"/> is true, after
    /// the go-ahead reply is flushed, and with nothing left unread from before it. Compression stays with the connection over a hand-over.
    /// </summary>
    /// <exception cref="NotSupportedException">The host has none.</exception>
    void StartCompression() => throw new NotSupportedException("no compression");

    /// <summary>Wakes the session's pending read, or the next one when none is pending. May be called from any thread.</summary>
    void Wake();

    /// <summary>Ends the connection at once, without a goodbye.</summary>
    void Abort();
}
