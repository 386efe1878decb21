namespace MailServer.Wire.Imap;

/// <summary>The system flags of RFC 3501 §2.3.2 that a client may set.</summary>
[Flags]
public enum FlagBits
{
    /// <summary>None.</summary>
    None = 0,
    /// <summary><c>\Seen</c>.</summary>
    Seen = 1,
    /// <summary><c>\Answered</c>.</summary>
    Answered = 2,
    /// <summary><c>\Flagged</c>.</summary>
    Flagged = 4,
    /// <summary><c>\Deleted</c>.</summary>
    Deleted = 8,
    /// <summary><c>\Draft</c>.</summary>
    Draft = 16,
}

/// <summary>A <c>flag-list</c> (RFC 9051 §9).</summary>
/// <param name="System">The system flags.</param>
/// <param name="Keywords">The keywords as sent, each once by its case-less name.</param>
public sealed record FlagList(FlagBits System, IReadOnlyList<ReadOnlyMemory<byte>> Keywords)
{
    /// <summary>No flags.</summary>
    public static FlagList Empty { get; } = new(FlagBits.None, []);
}
