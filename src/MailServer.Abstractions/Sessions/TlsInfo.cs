namespace MailServer;

/// <summary>What TLS negotiated.</summary>
public sealed record TlsInfo
{
    /// <summary>For the Received field, as <c>TLS1.3</c>.</summary>
    public required string Protocol { get; init; }

    /// <summary>IANA name.</summary>
    public required string CipherSuite { get; init; }

    /// <summary>SNI, when sent.</summary>
    public string? ServerName { get; init; }
}
