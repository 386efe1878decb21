namespace MailServer;

/// <summary>A mail that the server writes by itself because of another one: an answer, or a notice to somebody.</summary>
public sealed record AutomaticMail
{
    /// <summary>To whom; null for the sender of the message, who is answered once in a while only.</summary>
    public EmailAddress? To { get; init; }

    /// <summary>The subject; null for one that is made of the message's.</summary>
    public string? Subject { get; init; }

    /// <summary>What it says, in plain text.</summary>
    public required string Text { get; init; }

    /// <summary>How long nobody gets the same again (RFC 5230 §4.1).</summary>
    public required TimeSpan Interval { get; init; }

    /// <summary>What counts as the same (RFC 5230 §4.7).</summary>
    public string Handle { get; init; } = "";

    /// <summary>Further addresses of the account: an answer is written only where the message names one of its addresses (RFC 5230 §4.5).</summary>
    public IReadOnlyList<EmailAddress> Addresses { get; init; } = [];
}
