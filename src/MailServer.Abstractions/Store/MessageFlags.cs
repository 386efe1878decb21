namespace MailServer;

/// <summary>The system flags of RFC 9051 §2.3.2; <c>\Recent</c> is a fact of a session, not of a message.</summary>
[Flags]
public enum SystemFlags
{
    /// <summary>None.</summary>
    None = 0,
    /// <summary><c>\Seen</c>, <c>S</c> in a Maildir name.</summary>
    Seen = 1,
    /// <summary><c>\Answered</c>, <c>R</c>.</summary>
    Answered = 2,
    /// <summary><c>\Flagged</c>, <c>F</c>.</summary>
    Flagged = 4,
    /// <summary><c>\Deleted</c>, <c>T</c>.</summary>
    Deleted = 8,
    /// <summary><c>\Draft</c>, <c>D</c>.</summary>
    Draft = 16,
}

/// <summary>A message's flags and keywords.</summary>
public readonly record struct MessageFlags
{
    /// <summary>The system flags.</summary>
    public SystemFlags System { get; init; }

    /// <summary>The keywords, case kept, each once. Lists are shared between messages: never change one.</summary>
    public IReadOnlyList<string> Keywords
    {
        get => field ?? [];
        init;
    }

    /// <summary>System flags alone.</summary>
    public static implicit operator MessageFlags(SystemFlags system) => new() { System = system };

    /// <summary>System flags alone.</summary>
    public static MessageFlags FromSystemFlags(SystemFlags system) => new() { System = system };

    /// <summary>Equal system flags and the same keywords in any order; keywords compare without case (RFC 9051 §2.3.2).</summary>
    public bool Equals(MessageFlags other) =>
        System == other.System && Keywords.Count == other.Keywords.Count
        && Keywords.All(keyword => other.Keywords.Contains(keyword, StringComparer.OrdinalIgnoreCase));

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(System, Keywords.Count);
}

/// <summary>How STORE changes flags (RFC 9051 §6.4.6).</summary>
public enum FlagChange
{
    /// <summary><c>+FLAGS</c>.</summary>
    Add,
    /// <summary><c>-FLAGS</c>.</summary>
    Remove,
    /// <summary><c>FLAGS</c>.</summary>
    Replace,
}
