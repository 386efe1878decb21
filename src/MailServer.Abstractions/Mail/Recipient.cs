namespace MailServer;

/// <summary>One recipient of a message.</summary>
public sealed record Recipient
{
    /// <summary>As in RCPT TO.</summary>
    public required EmailAddress Address { get; init; }

    /// <summary>Whose account gets it.</summary>
    public required User Account { get; init; }

    /// <summary>The part after <c>+</c>, RFC 5233.</summary>
    public string? Detail { get; init; }

    /// <summary>What the sender asks for with it.</summary>
    public RecipientTerms Terms { get; init; } = RecipientTerms.None;
}
