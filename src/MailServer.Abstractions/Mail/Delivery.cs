using System.Collections.ObjectModel;

namespace MailServer;

/// <summary>Where one recipient's copy goes. Rules pass it on, each changing what it wants.</summary>
public sealed record Delivery
{
    /// <summary>To INBOX, no flags: what happens when no rule speaks (the implicit keep of RFC 5228 §2.10.2).</summary>
    public static Delivery Keep { get; } = new();

    /// <summary>The folder; null drops the copy silently (<c>Discard</c>), unless <see cref="Copies"/> names others.</summary>
    public FolderName? Folder { get; init; } = FolderName.Inbox;

    /// <summary>More folders that get a copy.</summary>
    public IReadOnlyList<FolderName> Copies { get; init; } = [];

    /// <summary>Flags and keywords to set, as <c>\Seen</c> or <c>$Junk</c> (RFC 9051 §2.3.2).</summary>
    public IReadOnlyList<string> Flags { get; init; } = [];

    /// <summary>Flags of the copy in one folder alone, which gets these and not <see cref="Flags"/> (RFC 5232 §5).</summary>
    public IReadOnlyDictionary<FolderName, IReadOnlyList<string>> FlagsIn { get; init; } = ReadOnlyDictionary<FolderName, IReadOnlyList<string>>.Empty;

    /// <summary>
    /// Why the recipient does not take it, in words for its sender; null when it is taken. It counts only where no folder gets a copy. The
    /// message is refused before it is accepted, or else kept in INBOX when other recipients take it: nothing is sent back (RFC 5429 §2.1).
    /// </summary>
    public string? Refusal { get; init; }

    /// <summary>Addresses the message is sent on to.</summary>
    public IReadOnlyList<EmailAddress> Redirects { get; init; } = [];

    /// <summary>What the server writes because of it. Lost rather than sent twice, and never a reason to refuse the message.</summary>
    public IReadOnlyList<AutomaticMail> Answers { get; init; } = [];

    /// <summary>Whether later rules are skipped.</summary>
    public bool IsFinal { get; init; }

    /// <summary>Who decided what, in order: what <c>explain</c> and the demo show.</summary>
    public IReadOnlyList<DeliveryStep> Steps { get; init; } = [];
}

/// <summary>One decision on a message's way.</summary>
public sealed record DeliveryStep
{
    /// <summary>The rule's name: a script's file name, or a plugin rule's name.</summary>
    public required string Rule { get; init; }

    /// <summary>Whether the script is one of the recipient's own, and not an administrator's: both may have a script of this name.</summary>
    public bool IsOwn { get; init; }

    /// <summary>The script's line, counted from 1; 0 when there is none.</summary>
    public int Line { get; init; }

    /// <summary>The text of the script that decided: the first 12 digits that <c>sha256sum</c> shows of its file; null when there is no script.</summary>
    public string? Version { get; init; }

    /// <summary>What it did, as it is written in a script: <c>FileInto("Lists/dev")</c>.</summary>
    public required string Action { get; init; }
}
