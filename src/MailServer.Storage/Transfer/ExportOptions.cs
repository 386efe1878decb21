namespace MailServer.Storage;

/// <summary>How mail is written out.</summary>
public sealed record ExportOptions
{
    /// <summary>The folder, with those below it; null for all.</summary>
    public FolderName? Folder { get; init; }

    /// <summary>How it is written.</summary>
    public TransferFormat Format { get; init; } = TransferFormat.Mbox;

    /// <summary>Messages with an INTERNALDATE of that day or later (RFC 9051 §6.4.4, SINCE).</summary>
    public DateOnly? Since { get; init; }

    /// <summary>Messages with an INTERNALDATE of an earlier day (RFC 9051 §6.4.4, BEFORE).</summary>
    public DateOnly? Before { get; init; }

    /// <summary>Into a Maildir: gives the files second names instead of copying them.</summary>
    public bool IsLinked { get; init; }

    internal bool Takes(DateTimeOffset date) =>
        (Since is not { } since || DateOnly.FromDateTime(date.UtcDateTime) >= since) && (Before is not { } before || DateOnly.FromDateTime(date.UtcDateTime) < before);
}
