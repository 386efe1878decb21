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

    /// <summary>
    /// A client's part in a session that does what sessions usually do. It is played after a start, before the first session, so that their code is
    /// compiled by then. Empty for none.
    /// </summary>
    /// <remarks>
    /// Who gives one has the plugin constructed and configured a second time, with a host of its own, to be disposed
    /// after the play: mail that it takes goes nowhere, and its store has one account, <c>nobody@localhost</c>, which gets in with any password and has some
    /// dozens of messages in INBOX. The connection is in memory and counts as encrypted.
    /// </remarks>
    IReadOnlyList<RehearsalTurn> Rehearsal => [];
}
