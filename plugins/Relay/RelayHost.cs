using System.Net;

namespace MailServer.Plugins.Relay;

/// <summary>A server that takes mail.</summary>
/// <param name="Name">Its name, which its certificate is compared with.</param>
/// <param name="Address">Where it is.</param>
internal sealed record RelayHost(string Name, IPEndPoint Address)
{
    /// <summary>How it has to prove who it is.</summary>
    public TlsPolicy Policy { get; init; } = TlsPolicy.Opportunistic;

    /// <summary>Whether its name is the domain's own, signed, or named by the domain's policy: then a certificate of that name proves something (RFC 8689 §4.2.1).</summary>
    public bool IsNameSure { get; init; }
}

/// <summary>What all sessions share.</summary>
/// <param name="Options">What the configuration says.</param>
/// <param name="Hostname">What we call ourselves.</param>
/// <param name="Time">The clock.</param>
internal sealed record RelayContext(RelayOptions Options, string Hostname, TimeProvider Time);
