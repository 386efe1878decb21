namespace MailServer.Wire.Imap;

/// <summary>How much one request may hold. A stranger gets less than somebody who has logged in.</summary>
public sealed record RequestLimits
{
    /// <summary>
    /// Before login: each connection of a stranger costs this much memory at most. Names, passwords and SASL answers are short; the longest
    /// line is an ID with 30 pairs of 30 and 1,024 octets (RFC 2971 §3.3).
    /// </summary>
    public static RequestLimits BeforeLogin { get; } = new()
    {
        LineOctets = 33_792,
        LiteralOctets = 1_024,
        RequestOctets = 36_864,
        DiscardedOctets = 65_536,
    };

    /// <summary>After login: clients send sets of thousands of UIDs in one line (RFC 2683 §3.2.1.5 asks for 8,000 octets at least), searches send texts.</summary>
    public static RequestLimits AfterLogin { get; } = new()
    {
        LineOctets = 65_536,
        LiteralOctets = 65_536,
        RequestOctets = 262_144,
        DiscardedOctets = 4L << 30,
    };

    /// <summary>Octets of one line without its CRLF; each piece between two literals is a line.</summary>
    public required int LineOctets { get; init; }

    /// <summary>Octets of one literal that is kept in memory (all but APPEND's message).</summary>
    public required int LiteralOctets { get; init; }

    /// <summary>Octets of the whole request with all its literals.</summary>
    public required int RequestOctets { get; init; }

    /// <summary>Octets of a refused request that are read and thrown away before the connection is given up.</summary>
    public required long DiscardedOctets { get; init; }
}
