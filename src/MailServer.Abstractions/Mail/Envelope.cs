namespace MailServer;

/// <summary>RFC 5321 §2.3.1 envelope, without its recipients.</summary>
public sealed record Envelope
{
    /// <summary>Where it came from.</summary>
    public required ConnectionInfo Connection { get; init; }

    /// <summary>What the peer calls itself.</summary>
    public required string Helo { get; init; }

    /// <summary>How it came, for the Received field: the <c>with</c> types of RFC 3848, as <c>ESMTPS</c>.</summary>
    public required string With { get; init; }

    /// <summary>Null for the null reverse-path <c>&lt;&gt;</c>.</summary>
    public EmailAddress? ReversePath { get; init; }

    /// <summary>Set when the peer has authenticated.</summary>
    public User? User { get; init; }

    /// <summary>Whether SMTPUTF8 was asked for (RFC 6531 §3.4).</summary>
    public bool IsUtf8 { get; init; }

    /// <summary>The size the peer announced (RFC 1870 §6), or null.</summary>
    public long? AnnouncedSize { get; init; }

    /// <summary>What its sender asks for.</summary>
    public SendingTerms Terms { get; init; } = SendingTerms.None;
}
