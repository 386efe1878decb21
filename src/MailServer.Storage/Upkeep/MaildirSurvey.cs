namespace MailServer.Storage;

/// <summary>What a Maildir holds, and who has written it.</summary>
public sealed record MaildirSurvey
{
    /// <summary>The Maildir.</summary>
    public required string Maildir { get; init; }

    /// <summary>How folders lie in it: <c>maildir++</c> or <c>fs</c>.</summary>
    public required string Layout { get; init; }

    /// <summary>Programs that have left their files, as <c>Dovecot</c>.</summary>
    public required IReadOnlyList<string> Programs { get; init; }

    /// <summary>How names of folders are written: <c>modified UTF-7</c>, <c>UTF-8</c>; empty when all are plain ASCII.</summary>
    public required IReadOnlyList<string> NameEncodings { get; init; }

    /// <summary>Its folders, INBOX first.</summary>
    public required IReadOnlyList<FolderSurvey> Folders { get; init; }

    /// <summary>Subscribed folders.</summary>
    public required IReadOnlyList<string> Subscriptions { get; init; }

    /// <summary>Subscribed folders that are not there; they stay subscribed (RFC 9051 §6.3.9).</summary>
    public required IReadOnlyList<string> SubscribedAndGone { get; init; }

    /// <summary>The quota in <c>maildirsize</c>, as <c>104857600S</c>; null when there is none.</summary>
    public required string? Quota { get; init; }

    /// <summary>Sieve scripts beside the mail.</summary>
    public required IReadOnlyList<string> SieveFiles { get; init; }

    /// <summary>What is not as it should be.</summary>
    public required IReadOnlyList<Finding> Findings { get; init; }
}

/// <summary>What a folder of a Maildir holds.</summary>
public sealed record FolderSurvey
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>Its directory.</summary>
    public required string Path { get; init; }

    /// <summary>Messages in it.</summary>
    public required int Messages { get; init; }

    /// <summary>Of these, those in <c>new</c>.</summary>
    public required int New { get; init; }

    /// <summary>Where their UIDs are: the file's name, or null when there is none.</summary>
    public required string? UidFile { get; init; }

    /// <summary>UIDVALIDITY, 0 when there is none yet.</summary>
    public required uint UidValidity { get; init; }

    /// <summary>UIDNEXT, 0 when there is none yet.</summary>
    public required uint UidNext { get; init; }

    /// <summary>Messages without a UID; they get one when the folder is opened.</summary>
    public required int WithoutUid { get; init; }

    /// <summary>Keywords that have names here.</summary>
    public required IReadOnlyList<string> Keywords { get; init; }

    /// <summary>Messages whose POP3 unique-id an earlier server has given; the others answer as Dovecot does by default.</summary>
    public required int Pop3Ids { get; init; }

    /// <summary>What HIGHESTMODSEQ Dovecot may have reached at most, from its log; 0 when it has none.</summary>
    public required ulong DovecotModSeq { get; init; }

    /// <summary>UIDs by base name, of messages that are there.</summary>
    internal IReadOnlyDictionary<string, uint> Uids { get; init; } = new Dictionary<string, uint>();
}
