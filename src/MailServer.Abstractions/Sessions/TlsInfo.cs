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

    /// <summary>
    /// The channel binding <c>tls-server-end-point</c> (RFC 5929 §4): the hash of the certificate that was shown. Empty where it is not known.
    /// </summary>
    public ReadOnlyMemory<byte> ServerEndPoint { get; init; }
}
