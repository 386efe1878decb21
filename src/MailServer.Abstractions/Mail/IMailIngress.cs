using System.IO.Pipelines;

namespace MailServer;

/// <summary>Where new mail enters, from any protocol.</summary>
public interface IMailIngress
{
    /// <summary>A peer has connected: the filters may refuse it before the greeting. Null when it is welcome.</summary>
    ValueTask<Problem?> ConnectAsync(ConnectionInfo connection, CancellationToken cancellationToken);

    /// <summary>Whether mail is sent from here, notices to senders among it: without that nobody can be promised one (RFC 3461 §3).</summary>
    bool SendsMail => false;

    /// <summary>
    /// Whether a user may send in the name of an address that is not its own account's: when mail for it comes to that account, by an alias.
    /// Why not, or null.
    /// </summary>
    ValueTask<Problem?> MaySendAsAsync(User user, EmailAddress address, CancellationToken cancellationToken) => new(Problem.NotTheirs);

    /// <summary>Starts a message; the filters' answer may refuse it at once.</summary>
    ValueTask<IMailTransaction> BeginAsync(Envelope envelope, CancellationToken cancellationToken);
}

/// <summary>One message on its way in. Disposing it without <see cref="CommitAsync"/> leaves no trace.</summary>
public interface IMailTransaction : IAsyncDisposable
{
    /// <summary>Our name for the message, in logs and in the reply to its final dot.</summary>
    string Id { get; }

    /// <summary>Why the sender is refused, or null.</summary>
    Problem? SenderProblem { get; }

    /// <summary>Adds a recipient. Returns why not, or null.</summary>
    ValueTask<Problem?> AddRecipientAsync(EmailAddress recipient, CancellationToken cancellationToken);

    /// <summary>Adds a recipient with what its sender asks for. Returns why not, or null.</summary>
    ValueTask<Problem?> AddRecipientAsync(EmailAddress recipient, RecipientTerms terms, CancellationToken cancellationToken) =>
        AddRecipientAsync(recipient, cancellationToken);

    /// <summary>
    /// Takes the message's bytes with CRLF line ends, dot-unstuffed, straight to a file. A failing disk does not throw here: the rest is
    /// swallowed and <see cref="CommitAsync"/> says what happened.
    /// </summary>
    PipeWriter Body { get; }

    /// <summary>Filters, delivers and indexes. Null means that the message is on disk and ours to answer for (RFC 5321 §4.2.5).</summary>
    ValueTask<Problem?> CommitAsync(CancellationToken cancellationToken);

    /// <summary>
    /// As <see cref="CommitAsync"/>, with an answer of its own for each recipient, where the protocol can give them (RFC 2033 §4.2): in the order
    /// in which they were added, those that were refused left out.
    /// </summary>
    /// <param name="count">How many recipients were added and not refused.</param>
    /// <param name="cancellationToken">As for <see cref="CommitAsync"/>.</param>
    async ValueTask<IReadOnlyList<Problem?>> CommitEachAsync(int count, CancellationToken cancellationToken)
    {
        var problem = await CommitAsync(cancellationToken).ConfigureAwait(false);
        return [.. Enumerable.Repeat(problem, count)];
    }
}
