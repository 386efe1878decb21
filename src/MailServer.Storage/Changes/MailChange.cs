namespace MailServer.Storage;

/// <summary>
/// What a run does to one message, as it is written down before it is done. All names are given beforehand, so that who comes after an
/// interruption sees which steps are done: flags first, then copies, then removals of copies, then the move.
/// </summary>
public sealed record MailChange
{
    /// <summary>Where the message is.</summary>
    public required string Folder { get; init; }

    /// <summary>Its base name there.</summary>
    public required string Message { get; init; }

    /// <summary>The flags and keywords it must have, as IMAP writes them; null when any will do.</summary>
    public string? Flags { get; init; }

    /// <summary>The flags and keywords it gets; null when they stay.</summary>
    public string? After { get; init; }

    /// <summary>Flags and keywords that are added to those it has, instead of <see cref="After"/>.</summary>
    public IReadOnlyList<string>? Adds { get; init; }

    /// <summary>Where it goes; null when it stays.</summary>
    public string? To { get; init; }

    /// <summary>Its base name there; null until it is planned.</summary>
    public string? As { get; init; }

    /// <summary>Where copies are made.</summary>
    public IReadOnlyList<ChangeCopy>? Copies { get; init; }

    /// <summary>Copies that are taken away.</summary>
    public IReadOnlyList<ChangeCopy>? Removes { get; init; }

    /// <summary>Which rule asks for it.</summary>
    public JournalStep? Why { get; init; }

    /// <summary>
    /// What takes this change back, once it is done: the message must be where it was left, with the flags it was left with. Copies that were
    /// made go, copies that went come back.
    /// </summary>
    public MailChange Inverse() => new()
    {
        Folder = To ?? Folder,
        Message = As ?? Message,
        Flags = After,
        After = Flags,
        To = To is null ? null : Folder,
        Copies = Removes is null ? null : [.. Removes.Select(copy => copy with { Message = null })],
        Removes = Copies,
        Why = Why,
    };
}

/// <summary>A copy of a message.</summary>
/// <param name="Folder">The folder.</param>
/// <param name="Message">Its base name there; null until it is planned.</param>
public sealed record ChangeCopy(string Folder, string? Message);

/// <summary>Why a run has left a message alone.</summary>
public static class ChangeSkips
{
#pragma warning disable CS1591 // each word says itself
    public const string Gone = "moved or deleted since";
    public const string Flagged = "flags changed since";
    public const string Unreadable = "cannot be read";
    public const string NoFolder = "its folder cannot be made";
    public const string TooMany = "more keywords than a message may have";
    public const string OverQuota = "a copy would be over quota";
    public const string Discarded = "was discarded, and cannot come back";
    public const string Unclear = "the journal does not tell enough";
#pragma warning restore CS1591
}
