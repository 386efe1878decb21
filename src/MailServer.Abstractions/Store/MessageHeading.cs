namespace MailServer;

/// <summary>What lists of messages are put in order by (RFC 5256): decoded, unfolded, and empty where the message has none.</summary>
public sealed record MessageHeading
{
    /// <summary>Of a message that tells nothing, or is gone.</summary>
    public static MessageHeading None { get; } = new();

    /// <summary>The subject.</summary>
    public string Subject { get; init; } = "";

    /// <summary>The Date field with its zone; null when it is not there or no date.</summary>
    public DateTimeOffset? Date { get; init; }

    /// <summary>The first From address.</summary>
    public HeadingAddress From { get; init; } = HeadingAddress.None;

    /// <summary>The first To address.</summary>
    public HeadingAddress To { get; init; } = HeadingAddress.None;

    /// <summary>The first Cc address.</summary>
    public HeadingAddress Cc { get; init; } = HeadingAddress.None;

    /// <summary>The Message-ID without its brackets and quotes; null when there is no valid one.</summary>
    public string? MessageId { get; init; }

    /// <summary>The ids of References, or else the first of In-Reply-To, as <see cref="MessageId"/>; the nearest parent is the last.</summary>
    public IReadOnlyList<string> References { get; init; } = [];
}

/// <summary>An address in a <see cref="MessageHeading"/>.</summary>
/// <param name="Mailbox">What is left of the <c>@</c>, as in ENVELOPE.</param>
/// <param name="Display">The name as it is shown; without one, the address (RFC 5957 §3).</param>
public sealed record HeadingAddress(string Mailbox, string Display)
{
    /// <summary>No address.</summary>
    public static HeadingAddress None { get; } = new("", "");
}
