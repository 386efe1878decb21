using System.Globalization;
using System.Net;
using System.Net.Sockets;
using DnsClient;
using DnsClient.Protocol;
using Microsoft.Extensions.Logging;

namespace MailServer.Plugins.Relay;

/// <summary>Finds the servers for a domain (RFC 5321 §5.1): MX by preference, else the domain's own address; and how each has to prove itself.</summary>
internal sealed class MailRoutes
{
    /// <summary>Addresses tried for one message: a domain with more names some of them in vain.</summary>
    private const int MaxAddresses = 8;

    /// <summary>Servers of a domain whose addresses are looked up.</summary>
    private const int MaxExchanges = 10;

    private static readonly Problem NoMail = new(new(5, 1, 10), "The domain takes no mail (null MX)");                // RFC 7505 §4.2

    private static readonly Problem NoDomain = new(new(5, 1, 2), "There is no such domain");

    private static readonly Problem NoServer = new(new(5, 1, 2), "The domain has no server that takes mail");

    private static readonly Problem Loop = new(new(5, 4, 6), "DNS names this server for a domain that is not its own");

    private readonly RelayContext _context;
    private readonly Dns? _dns;
    private readonly StsPolicies? _policies;

    public MailRoutes(RelayContext context, string dataDirectory, ILogger logger)
    {
        _context = context;
        if (context.Options.Smarthost is not null)
            return;
        _dns = new(context);
        if (context.Options.UsesSts)
            _policies = new(context, _dns, new(Path.Combine(dataDirectory, "mta-sts")), logger);
    }

    /// <summary>The servers to try, best first.</summary>
    /// <exception cref="RelayException">There is none, for now or for good.</exception>
    public ValueTask<IReadOnlyList<RelayHost>> FindAsync(string domain, CancellationToken cancellationToken) =>
        _context.Options.Smarthost is var (host, port) ? FindSmarthostAsync(host, port, cancellationToken) : FindServersAsync(_dns!, domain, cancellationToken);

    private static async ValueTask<IReadOnlyList<RelayHost>> FindSmarthostAsync(string host, int port, CancellationToken cancellationToken)
    {
        try
        {
            var addresses = IPAddress.TryParse(host, out var address) ? [address] : await System.Net.Dns.GetHostAddressesAsync(host, cancellationToken).ConfigureAwait(false);
            return [.. addresses.Take(MaxAddresses).Select(found => new RelayHost(host, new(found, port)) { IsNameSure = true })];
        }
        catch (SocketException e)
        {
            // For good would be a wrong word for a name that somebody has misspelt in a configuration.
            throw new RelayException(new(new(4, 4, 3), $"{host}: {e.SocketErrorCode}") { Reason = ProblemReason.Unavailable }, null, e);
        }
    }

    private async ValueTask<IReadOnlyList<RelayHost>> FindServersAsync(Dns dns, string domain, CancellationToken cancellationToken)
    {
        var answer = await dns.AskAsync(domain, QueryType.MX, cancellationToken).ConfigureAwait(false);
        if (answer.Header.ResponseCode == DnsHeaderResponseCode.NotExistentDomain)
            throw new RelayException(NoDomain);
        var exchanges = answer.Answers.MxRecords()
            .Select(record => (record.Preference, Name: record.Exchange.Value.TrimEnd('.').ToLowerInvariant())).ToList();
        // RFC 7505 §3: one record that names the root.
        if (exchanges is [{ Name: "" }])
            throw new RelayException(NoMail);
        exchanges.RemoveAll(exchange => exchange.Name.Length == 0);
        if (exchanges.Count == 0)
            exchanges.Add((0, domain));

        // RFC 5321 §5.1: of servers that are no better than ourselves none is asked, or mail goes in circles.
        var self = exchanges.Where(exchange => exchange.Name == _context.Hostname).Select(exchange => (int)exchange.Preference).DefaultIfEmpty(int.MaxValue).Min();
        exchanges.RemoveAll(exchange => exchange.Preference >= self);
        if (exchanges.Count == 0)
            throw new RelayException(Loop);
        var sts = _policies is null ? null : await _policies.FindAsync(domain, cancellationToken).ConfigureAwait(false);
        // RFC 5321 §5.1: equals in any order, so that the load is shared.
        var names = exchanges.OrderBy(exchange => exchange.Preference).ThenBy(_ => Random.Shared.Next()).Take(MaxExchanges).Select(exchange => exchange.Name);
        return await FindAddressesAsync(dns, domain, [.. names], dns.IsSecure(answer), sts, cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask<IReadOnlyList<RelayHost>> FindAddressesAsync(
        Dns dns, string domain, IReadOnlyList<string> names, bool isSecure, StsPolicy? sts, CancellationToken cancellationToken)
    {
        var hosts = new List<RelayHost>();
        RelayException? fault = null;
        foreach (var name in names)
        {
            try
            {
                var (addresses, areSecure) = await dns.AddressesAsync(name, cancellationToken).ConfigureAwait(false);
                if (addresses.Count == 0)
                    continue;
                var policy = await PolicyOfAsync(dns, domain, name, isSecure && areSecure, sts, cancellationToken).ConfigureAwait(false);
                hosts.AddRange(addresses.Take(MaxAddresses - hosts.Count).Select(address => new RelayHost(name, new(address, _context.Options.MxPort))
                {
                    Policy = policy, IsNameSure = isSecure || name == domain || sts?.Allows(name) == true,
                }));
            }
            catch (RelayException e)
            {
                fault = e;
            }
        }

        return hosts.Count > 0 ? hosts : throw fault ?? new RelayException(NoServer);
    }

    /// <summary>RFC 8461 §2: who publishes TLSA records is taken at that word, whatever its MTA-STS policy says.</summary>
    private async ValueTask<TlsPolicy> PolicyOfAsync(Dns dns, string domain, string name, bool isSecure, StsPolicy? sts, CancellationToken cancellationToken)
    {
        if (isSecure && await TlsaOfAsync(dns, domain, name, cancellationToken).ConfigureAwait(false) is { } dane)
            return dane;
        return sts switch
        {
            null or { Mode: "none" } => TlsPolicy.Opportunistic,
            { Mode: "testing" } => new TlsPolicy.Verified(IsTesting: true),
            _ when sts.Allows(name) => new TlsPolicy.Verified(IsTesting: false),
            // RFC 8461 §4.1: a server that the policy does not name is passed over.
            _ => throw new RelayException(new(new(4, 7, 0), $"{name} is not named by the MTA-STS policy of {domain}")),
        };
    }

    /// <summary>RFC 7672 §2.2: what the signed TLSA records of a server ask for; null when there are none. Where they cannot be looked up, the server is not used.</summary>
    private async ValueTask<TlsPolicy?> TlsaOfAsync(Dns dns, string domain, string name, CancellationToken cancellationToken)
    {
        var answer = await dns.AskAsync(string.Create(CultureInfo.InvariantCulture, $"_{_context.Options.MxPort}._tcp.{name}"), QueryType.TLSA, cancellationToken).ConfigureAwait(false);
        if (!dns.IsSecure(answer))
            return null;
        var records = answer.Answers.OfType<TlsaRecord>()
            .Select(record => new TlsaData((int)record.CertificateUsage, (int)record.Selector, (int)record.MatchingType, [.. record.CertificateAssociationData])).ToList();
        if (records.Count == 0)
            return null;
        records.RemoveAll(record => !record.IsUsable);
        return records.Count > 0 ? new TlsPolicy.Dane(records, [name, domain]) : new TlsPolicy.Encrypted();
    }
}
