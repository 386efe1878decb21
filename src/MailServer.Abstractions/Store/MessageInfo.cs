namespace MailServer;

/// <summary>What is known of a message beside its content.</summary>
public readonly record struct MessageInfo
{
    /// <summary>Its UID.</summary>
    public required uint Uid { get; init; }

    /// <summary>Its flags and keywords.</summary>
    public required MessageFlags Flags { get; init; }

    /// <summary>RFC822.SIZE: octets with CRLF line ends, exactly as sent.</summary>
    public required long Size { get; init; }

    /// <summary>Whether the last line has no end: POP3 sends one, and so two octets more than <see cref="Size"/> (RFC 1939 §3).</summary>
    public bool HasOpenEnd { get; init; }

    /// <summary>INTERNALDATE.</summary>
    public required DateTimeOffset InternalDate { get; init; }

    /// <summary>Grows with every change of the message's flags (RFC 7162 §3.1).</summary>
    public required ulong ModSeq { get; init; }
}
