using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace MailServer.Plugins.Relay;

/// <summary>How a connection is encrypted.</summary>
internal enum RelayTls
{
    /// <summary>STARTTLS where it is offered, whoever's certificate it is: better than nothing against listeners (RFC 7435).</summary>
    Opportunistic,
    /// <summary>STARTTLS with a good certificate, or no mail.</summary>
    StartTls,
    /// <summary>TLS from the first octet with a good certificate (RFC 8314 §3.3).</summary>
    Implicit,
    /// <summary>Never.</summary>
    None,
}

/// <summary>Who we are at a smarthost.</summary>
internal sealed record Login(string User, string Password);

/// <summary>What <c>[plugins.relay]</c> says.</summary>
internal sealed record RelayOptions
{
    /// <summary>The one server that all mail goes to; null: the servers that DNS names for each domain.</summary>
    public (string Host, int Port)? Smarthost { get; init; }

    /// <summary>Whether mail goes to the servers that DNS names, without a smarthost.</summary>
    public bool IsDirect { get; init; }

    public RelayTls Tls { get; init; }

    /// <summary>Certificates that are trusted instead of the system's; null for the system's.</summary>
    public X509Certificate2Collection? Trust { get; init; }

    public Login? Login { get; init; }

    /// <summary>Whom to ask for MX records; empty for the system's resolvers.</summary>
    public IReadOnlyList<IPEndPoint> NameServers { get; init; } = [];

    public int MxPort { get; init; }

    public bool UsesIPv6 { get; init; }

    /// <summary>Whether a server's IPv6 addresses are tried before its IPv4 addresses.</summary>
    public bool PrefersIPv6 { get; init; }

    /// <summary>Our addresses that connections come from, one of each family at most; empty for those that the system takes.</summary>
    public IReadOnlyList<IPAddress> Sources { get; init; } = [];

    /// <summary>Whether a resolver's word that an answer is signed is believed; null: where all resolvers are on this machine.</summary>
    public bool? TrustsDns { get; init; }

    /// <summary>Whether domains' MTA-STS policies are asked for (RFC 8461).</summary>
    public bool UsesSts { get; init; } = true;

    /// <summary>The port of the servers that publish them. For tests.</summary>
    public int StsPort { get; init; } = 443;

    /// <summary>Whether domains may name this machine as their server. For tests.</summary>
    public bool AllowsLoopback { get; init; }

    public static RelayOptions Read(ConfigSection config)
    {
        var smarthost = SmarthostOf(config);
        var isDirect = config.GetBoolean("direct", false);
        if (isDirect && smarthost is not null)
            throw config.Invalid("direct", "mail goes either to the smarthost or directly");
        var options = new RelayOptions
        {
            Smarthost = smarthost,
            IsDirect = isDirect,
            Tls = config.GetString("tls", smarthost is null ? "opportunistic" : "starttls") switch
            {
                "opportunistic" when smarthost is null => RelayTls.Opportunistic,
                "starttls" when smarthost is not null => RelayTls.StartTls,
                "implicit" when smarthost is not null => RelayTls.Implicit,
                "none" => RelayTls.None,
                var word => throw config.Invalid("tls", $"\"{word}\": one of {(smarthost is null ? "\"opportunistic\", \"none\"" : "\"starttls\", \"implicit\", \"none\"")} is expected"),
            },
            Trust = TrustOf(config),
            Login = LoginOf(config, smarthost is not null),
            NameServers = [.. config.GetStrings("nameservers").Select(text => NameServerOf(config, text))],
            MxPort = config.GetInt64("mx_port", 25) is var port and >= 1 and <= 65535 ? (int)port : throw config.Invalid("mx_port", "1 to 65535 is expected"),
            TrustsDns = config.GetString("trust_dns", "auto") switch
            {
                "auto" => null,
                "yes" => true,
                "no" => false,
                var word => throw config.Invalid("trust_dns", $"\"{word}\": one of \"auto\", \"yes\", \"no\" is expected"),
            },
            UsesSts = config.GetBoolean("mta_sts", true),
            StsPort = config.GetInt64("mta_sts_port", 443) is var sts and >= 1 and <= 65535 ? (int)sts : throw config.Invalid("mta_sts_port", "1 to 65535 is expected"),
            UsesIPv6 = config.GetBoolean("ipv6", true),
            PrefersIPv6 = config.GetBoolean("prefer_ipv6", false),
            Sources = SourcesOf(config),
            AllowsLoopback = config.GetBoolean("allow_loopback", false),
        };
        return options;
    }

    /// <summary>How to encrypt to a server.</summary>
    /// <param name="host">The server.</param>
    /// <param name="isStrict">Whether the message asks for a server that proves who it is, whatever its domain asks for.</param>
    /// <param name="told">Is told what .NET thinks of the certificate.</param>
    public SslClientAuthenticationOptions TlsFor(RelayHost host, bool isStrict, Action<SslPolicyErrors> told)
    {
        var options = new SslClientAuthenticationOptions { TargetHost = host.Name };
        if (Trust is { } trust)
        {
            options.CertificateChainPolicy = new() { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
            options.CertificateChainPolicy.CustomTrustStore.AddRange(trust);
        }

        if (Tls == RelayTls.Opportunistic)
            // Who has no certificate at all would get the mail in clear; one that proves nothing keeps at least listeners out. More is asked where the domain does.
            options.RemoteCertificateValidationCallback = (_, certificate, chain, errors) =>
            {
                told(errors);
                return host.Policy.Accepts(certificate as X509Certificate2, chain, errors) && (!isStrict || host.Policy is TlsPolicy.Dane || errors == SslPolicyErrors.None);
            };
        return options;
    }

    private static (string Host, int Port)? SmarthostOf(ConfigSection config)
    {
        var text = config.GetString("smarthost", "");
        if (text.Length == 0)
            return null;
        var colon = text.LastIndexOf(':');
        if (colon <= 0 || text[..colon].Any(c => char.IsWhiteSpace(c) || char.IsControl(c))
            || !int.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port) || port is < 1 or > 65535)
            throw config.Invalid("smarthost", $"\"{text}\": a host and a port are expected, as \"smtp.example.net:587\"");
        return (text[..colon].Trim('[', ']'), port);
    }

    // An absent path has no value that would be one.
    private static string PathOf(ConfigSection config, string key) => config.GetString(key, "").Length == 0 ? "" : config.GetPath(key);

    private static X509Certificate2Collection? TrustOf(ConfigSection config)
    {
        var file = PathOf(config, "tls_trust");
        if (file.Length == 0)
            return null;
        var trust = new X509Certificate2Collection();
        try
        {
            trust.ImportFromPemFile(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw config.Invalid("tls_trust", e.Message);
        }

        return trust.Count > 0 ? trust : throw config.Invalid("tls_trust", $"{file}: no certificate in it");
    }

    private static Login? LoginOf(ConfigSection config, bool hasSmarthost)
    {
        var (user, file) = (config.GetString("user", ""), PathOf(config, "password_file"));
        if (user.Length == 0 && file.Length == 0)
            return null;
        if (!hasSmarthost)
            throw config.Invalid(user.Length > 0 ? "user" : "password_file", "only a smarthost is logged in to");
        if (user.Length == 0 || user.Contains('\0', StringComparison.Ordinal))
            throw config.Invalid("user", "password_file needs it");
        if (file.Length == 0)
            throw config.Invalid("password_file", "user needs it");
        try
        {
            using var reader = new StreamReader(file);
            return reader.ReadLine() is { Length: > 0 } password && !password.Contains('\0', StringComparison.Ordinal)
                ? new(user, password)
                : throw config.Invalid("password_file", $"{file}: the password is expected in its first line");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw config.Invalid("password_file", e.Message);
        }
    }

    private static List<IPAddress> SourcesOf(ConfigSection config)
    {
        var sources = config.GetStrings("source_addresses").Select(text => IPAddress.TryParse(text, out var address)
            ? address
            : throw config.Invalid("source_addresses", $"\"{text}\": an IP address is expected")).ToList();
        return sources.DistinctBy(address => address.AddressFamily).Count() == sources.Count
            ? sources
            : throw config.Invalid("source_addresses", "one address of each family is expected");
    }

    private static IPEndPoint NameServerOf(ConfigSection config, string text) =>
        IPEndPoint.TryParse(text, out var address)
            ? address.Port == 0 ? new(address.Address, 53) : address
            : throw config.Invalid("nameservers", $"\"{text}\": an IP address is expected, with a port or without");
}
