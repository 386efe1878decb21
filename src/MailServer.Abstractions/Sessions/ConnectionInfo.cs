using System.Net;

namespace MailServer;

/// <summary>Facts of a connection; a new value after STARTTLS.</summary>
public sealed record ConnectionInfo
{
    /// <summary>Unique, printable, in every log line of the connection.</summary>
    public required string Id { get; init; }

    /// <summary>The listener's name in the configuration.</summary>
    public required string Listener { get; init; }

    /// <summary>Our end.</summary>
    public required IPEndPoint Local { get; init; }

    /// <summary>The peer, after PROXY protocol.</summary>
    public required IPEndPoint Remote { get; init; }

    /// <summary>Set once TLS is up.</summary>
    public TlsInfo? Tls { get; init; }

    /// <summary>Whether STARTTLS may be offered: the listener has a certificate and TLS is not up.</summary>
    public bool CanStartTls { get; init; }

    /// <summary>Whether compression may be offered: it is not up, and the host has it.</summary>
    public bool CanCompress { get; init; }

    /// <summary>Whether passwords may be taken on this connection as it is now: TLS is up, or the configuration allows it on loopback.</summary>
    public bool AllowsPlaintextAuth { get; init; }
}
