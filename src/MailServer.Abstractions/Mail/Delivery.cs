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

    /// <summary>Addresses the message is sent on to.</summary>
    public IReadOnlyList<EmailAddress> Redirects { get; init; } = [];

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

    /// <summary>The script's line, counted from 1; 0 when there is none.</summary>
    public int Line { get; init; }

    /// <summary>The text of the script that decided: the first 12 digits that <c>sha256sum</c> shows of its file; null when there is no script.</summary>
    public string? Version { get; init; }

    /// <summary>What it did, as it is written in a script: <c>FileInto("Lists/dev")</c>.</summary>
    public required string Action { get; init; }
}
