namespace MailServer;

/// <summary>Sends queued mail on to other servers. The queue decides when; the transport decides where to, and says what became of it.</summary>
/// <remarks>One instance sends many messages at once.</remarks>
public interface IOutgoingTransport
{
    /// <summary>The name in logs.</summary>
    string Name { get; }

    /// <summary>
    /// What mail for a domain has in common with other mail: the queue counts connections, and leaves alone who cannot be reached, by this name.
    /// A relay to one server answers the same for all domains.
    /// </summary>
    /// <param name="domain">A recipient's domain, as A-labels in lower case.</param>
    string DestinationOf(string domain) => domain;

    /// <summary>The same where it is the sender, too, that says which way mail goes.</summary>
    /// <param name="sender">The reverse-path; null for the null reverse-path.</param>
    /// <param name="domain">A recipient's domain, as A-labels in lower case.</param>
    string DestinationOf(EmailAddress? sender, string domain) => DestinationOf(domain);

    /// <summary>Sends a message once, to recipients of one destination. The queue counts on it: what no result says was sent is sent again.</summary>
    /// <param name="message">The message.</param>
    /// <param name="recipients">To whom: at most <see cref="MaxRecipients"/>.</param>
    /// <param name="cancellationToken">The server ends, or has waited too long. Within a message the answer to its end is worth waiting for.</param>
    /// <returns>One result for each recipient, in the same order.</returns>
    ValueTask<IReadOnlyList<SendResult>> SendAsync(IOutgoingMessage message, IReadOnlyList<EmailAddress> recipients, CancellationToken cancellationToken);

    /// <summary>Recipients of one call: RFC 5321 §4.5.3.1.8 has every server take a hundred in one transaction.</summary>
    const int MaxRecipients = 100;
}

/// <summary>A message on its way out.</summary>
public interface IOutgoingMessage
{
    /// <summary>Our name for it, in logs and in the queue.</summary>
    string Id { get; }

    /// <summary>Null for the null reverse-path <c>&lt;&gt;</c>.</summary>
    EmailAddress? ReversePath { get; }

    /// <summary>Size in octets with CRLF line ends, as RFC 1870 counts.</summary>
    long Size { get; }

    /// <summary>Whether it came with SMTPUTF8 (RFC 6531 §3.4).</summary>
    bool IsUtf8 { get; }

    /// <summary>What its sender asks for: passed on to servers that offer it.</summary>
    SendingTerms Terms => SendingTerms.None;

    /// <summary>What its sender asks for with a recipient: passed on to servers that offer it.</summary>
    RecipientTerms TermsOf(EmailAddress recipient) => RecipientTerms.None;

    /// <summary>Opens the raw bytes, lines ended by CRLF. Not dot-stuffed; the last line may lack its end.</summary>
    /// <exception cref="IOException">The disk failed.</exception>
    Stream OpenRead();
}

/// <summary>What became of a message for one recipient.</summary>
public sealed record SendResult
{
    /// <summary>The next server has taken it.</summary>
    public static SendResult Sent { get; } = new();

    /// <summary>Why it was not taken: for now (class 4) or for good (class 5). Null when it was taken.</summary>
    public Problem? Problem { get; init; }

    /// <summary>Who said so, as <c>mx.example.net</c>; null when nobody was reached.</summary>
    public string? Server { get; init; }

    /// <summary>The server's reply, as <c>550 5.1.1 No such user</c>, lines joined by blanks; null when it said nothing.</summary>
    public string? Reply { get; init; }

    /// <summary>Whether nobody could be reached at all, so that other mail for the destination need not be tried now.</summary>
    public bool IsUnreachable { get; init; }

    /// <summary>
    /// Whether the next server has taken over <see cref="RecipientTerms"/> and tells the sender itself. If not, the sender who wants to know
    /// of success is told that it was passed on to a server that tells no more (RFC 3461 §5.2.2).
    /// </summary>
    public bool TakesTerms { get; init; }
}
