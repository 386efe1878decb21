namespace MailServer;

/// <summary>Speaks one protocol on a connection.</summary>
public interface IProtocolHandler
{
    /// <summary>The name that listeners use: <c>smtp</c>, <c>imap</c>, <c>pop3</c>.</summary>
    string Protocol { get; }

    /// <summary>
    /// Runs a session. <see cref="SessionEnd.Closed"/> closes the connection; <see cref="SessionEnd.HandOver"/> gives its state to the
    /// handler of the next generation, which goes on where this one stopped, on the same connection.
    /// </summary>
    /// <param name="connection">The connection, already past TLS where the listener says so.</param>
    /// <param name="resumed">The state that an older generation handed over, or null for a new connection.</param>
    /// <param name="cancellationToken">Hard stop: the drain time is over or the peer is gone.</param>
    ValueTask<SessionEnd> RunAsync(IMailConnection connection, SessionState? resumed, CancellationToken cancellationToken);

    /// <summary>
    /// Whether <see cref="RunAsync"/> can go on from this state. If not, the handler that gave it goes on with it. Must be quick and
    /// must not throw.
    /// </summary>
    bool CanResume(SessionState state);
}
