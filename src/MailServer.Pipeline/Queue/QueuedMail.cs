namespace MailServer.Pipeline;

/// <summary>The envelope of a queued message as its file has it: <c>ID.envelope</c>, JSON, beside the message <c>ID.message</c>.</summary>
public sealed record QueuedMail
{
    /// <summary>The format that this server writes; it reads no later one.</summary>
    public const int CurrentFormat = 1;

    /// <summary>The format it was written in.</summary>
    public int Format { get; init; } = CurrentFormat;

    /// <summary>Our name for the message.</summary>
    public required string Id { get; init; }

    /// <summary>The reverse-path as <c>local@domain</c>, the local part unquoted; empty for the null reverse-path.</summary>
    public required string From { get; init; }

    /// <summary>Who it is for, those who have it too.</summary>
    public required IReadOnlyList<QueuedRecipient> To { get; init; }

    /// <summary>When it was accepted.</summary>
    public required DateTimeOffset Arrived { get; init; }

    /// <summary>When it goes back to its sender.</summary>
    public required DateTimeOffset Expires { get; init; }

    /// <summary>When it is tried next.</summary>
    public required DateTimeOffset Next { get; init; }

    /// <summary>How often it was tried.</summary>
    public int Tries { get; init; }

    /// <summary>Size in octets as it is sent, lines ended by CRLF.</summary>
    public required long Size { get; init; }

    /// <summary>Octets at the beginning of the file that are not sent: its Return-Path, which belongs to the last server alone (RFC 5321 §4.4).</summary>
    public int Skip { get; init; }

    /// <summary>Whether it came with SMTPUTF8.</summary>
    public bool IsUtf8 { get; init; }

    /// <summary>The account that sent it; null when it is the server's own.</summary>
    public string? Account { get; init; }

    /// <summary>Whether it waits for somebody to release it.</summary>
    public bool IsHeld { get; init; }

    /// <summary>Of what is due at one time, the highest goes first.</summary>
    public int Priority { get; init; }

    /// <summary>Whether its sender was told that it is late.</summary>
    public bool IsDelayTold { get; init; }

    /// <summary>What its sender asks for.</summary>
    public SendingTerms? Terms { get; init; }

    /// <summary>Those it is still to be sent to.</summary>
    public IEnumerable<QueuedRecipient> Waiting => To.Where(recipient => recipient.State == QueuedState.Waiting);

    /// <summary>From when on it was to be sent.</summary>
    public DateTimeOffset Due => Terms?.HoldUntil is { } until && until > Arrived ? until : Arrived;

    /// <summary>The reverse-path.</summary>
    public EmailAddress? ReversePath => From.Length == 0 ? null : AddressOf(From);

    /// <summary>Splits an address at its last at sign; whatever the local part is.</summary>
    internal static EmailAddress AddressOf(string text) => text.LastIndexOf('@') is var at and > 0 ? new(text[..at], text[(at + 1)..]) : new(text, "");
}

/// <summary>One recipient of a queued message.</summary>
public sealed record QueuedRecipient
{
    /// <summary>As <c>local@domain</c>, the local part unquoted, the domain as A-labels.</summary>
    public required string Address { get; init; }

    /// <summary>What the sender asks for with it.</summary>
    public RecipientTerms? Terms { get; init; }

    /// <summary>What became of it.</summary>
    public QueuedState State { get; init; }

    /// <summary>The last status, as <c>4.4.1</c>; null when it was not tried.</summary>
    public string? Status { get; init; }

    /// <summary>The last reason in words.</summary>
    public string? Reason { get; init; }

    /// <summary>Who gave it; null when no server was reached.</summary>
    public string? Server { get; init; }

    /// <summary>The server's reply as it was.</summary>
    public string? Reply { get; init; }

    /// <summary>When that was.</summary>
    public DateTimeOffset? Tried { get; init; }
}

/// <summary>What became of a message for a recipient.</summary>
public enum QueuedState
{
    /// <summary>It is tried again.</summary>
    Waiting,
    /// <summary>The next server has it.</summary>
    Sent,
    /// <summary>The next server has it and tells no more; its sender, who asked for it, is to be told so.</summary>
    Relayed,
    /// <summary>It is given up, and its sender is to be told.</summary>
    Failed,
    /// <summary>It is given up, and its sender was told.</summary>
    Told,
}
