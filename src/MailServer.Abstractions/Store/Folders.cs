namespace MailServer;

/// <summary>A folder in a listing.</summary>
public sealed record FolderInfo
{
    /// <summary>Its name.</summary>
    public required FolderName Name { get; init; }

    /// <summary>Whether it can be opened; false for a parent that exists only as a name (<c>\NoSelect</c>).</summary>
    public bool IsSelectable { get; init; } = true;

    /// <summary>Whether folders lie below it (RFC 3348).</summary>
    public bool HasChildren { get; init; }

    /// <summary>Its special use, as <c>\Sent</c> (RFC 6154 §2), or null.</summary>
    public string? SpecialUse { get; init; }
}

/// <summary>Counts of a folder, RFC 9051 §6.3.11.</summary>
public sealed record FolderStatus
{
    /// <summary>How many messages.</summary>
    public required int Messages { get; init; }

    /// <summary>How many that no session has been told of (RFC 3501 §2.3.2).</summary>
    public required int Recent { get; init; }

    /// <summary>How many without <c>\Seen</c>.</summary>
    public required int Unseen { get; init; }

    /// <summary>UIDNEXT.</summary>
    public required uint UidNext { get; init; }

    /// <summary>UIDVALIDITY.</summary>
    public required uint UidValidity { get; init; }

    /// <summary>HIGHESTMODSEQ.</summary>
    public required ulong HighestModSeq { get; init; }

    /// <summary>Sum of the sizes (RFC 8438).</summary>
    public required long Size { get; init; }

    /// <summary>How many with <c>\Deleted</c> (RFC 9051 §6.3.11).</summary>
    public int Deleted { get; init; }

    /// <summary>MAILBOXID (RFC 8474 §4.1); null when the store has none.</summary>
    public string? MailboxId { get; init; }
}

/// <summary>What a folder is opened for.</summary>
public enum FolderAccess
{
    /// <summary>EXAMINE: nothing changes, <c>\Recent</c> neither.</summary>
    ReadOnly,
    /// <summary>SELECT.</summary>
    ReadWrite,
    /// <summary>POP3: read and delete, one session at a time (RFC 1939 §4). A second one gets <see cref="ProblemReason.InUse"/>.</summary>
    Maildrop,
}
