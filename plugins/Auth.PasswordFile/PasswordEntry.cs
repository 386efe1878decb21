using System.Net;

namespace MailServer.Plugins.AuthPasswordFile;

/// <summary>One account of the file.</summary>
internal sealed record PasswordEntry
{
    public required User User { get; init; }

    /// <summary>With its scheme; null for an account that only gets mail (no password, or one that can't be read).</summary>
    public string? Hash { get; init; }

    /// <summary>Dovecot's <c>nologin</c>: right or wrong, nobody gets in.</summary>
    public bool IsBarred { get; init; }

    /// <summary>Dovecot's <c>allow_nets</c>: where logins may come from; null for everywhere.</summary>
    public IReadOnlyList<IPNetwork>? Networks { get; init; }

    public bool Admits(IPAddress address)
    {
        if (IsBarred)
            return false;
        if (Networks is null)
            return true;
        var plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        return Networks.Any(network => network.Contains(plain));
    }
}
