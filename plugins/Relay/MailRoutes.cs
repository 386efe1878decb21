using System.Net;
using System.Net.Sockets;
using DnsClient;

namespace MailServer.Plugins.Relay;

/// <summary>Finds the servers for a domain (RFC 5321 §5.1): MX by preference, else the domain's own address.</summary>
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
    private readonly LookupClient? _dns;

    public MailRoutes(RelayContext context)
    {
        _context = context;
        if (context.Options.Smarthost is not null)
            return;
        var options = context.Options.NameServers.Count > 0 ? new LookupClientOptions([.. context.Options.NameServers]) : new LookupClientOptions();
        (options.Timeout, options.Retries, options.UseCache) = (TimeSpan.FromSeconds(5), 2, true);
        // A resolver that says no for a good reason is believed; one that fails is not.
        (options.ContinueOnDnsError, options.ThrowDnsErrors) = (true, false);
        _dns = new(options);
    }

    /// <summary>The servers to try, best first.</summary>
    /// <exception cref="RelayException">There is none, for now or for good.</exception>
    public ValueTask<IReadOnlyList<RelayHost>> FindAsync(string domain, CancellationToken cancellationToken) =>
        _context.Options.Smarthost is var (host, port) ? FindSmarthostAsync(host, port, cancellationToken) : FindServersAsync(domain, cancellationToken);

    private static async ValueTask<IReadOnlyList<RelayHost>> FindSmarthostAsync(string host, int port, CancellationToken cancellationToken)
    {
        try
        {
            var addresses = IPAddress.TryParse(host, out var address) ? [address] : await Dns.GetHostAddressesAsync(host, cancellationToken).ConfigureAwait(false);
            return [.. addresses.Take(MaxAddresses).Select(found => new RelayHost(host, new(found, port)))];
        }
        catch (SocketException e)
        {
            // For good would be a wrong word for a name that somebody has misspelt in a configuration.
            throw new RelayException(new(new(4, 4, 3), $"{host}: {e.SocketErrorCode}") { Reason = ProblemReason.Unavailable }, null, e);
        }
    }

    private async ValueTask<IReadOnlyList<RelayHost>> FindServersAsync(string domain, CancellationToken cancellationToken)
    {
        var answer = await AskAsync(domain, QueryType.MX, cancellationToken).ConfigureAwait(false);
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
        return await FindAddressesAsync(exchanges, cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask<IReadOnlyList<RelayHost>> FindAddressesAsync(List<(ushort Preference, string Name)> exchanges, CancellationToken cancellationToken)
    {
        var hosts = new List<RelayHost>();
        RelayException? fault = null;
        // RFC 5321 §5.1: equals in any order, so that the load is shared.
        foreach (var (_, name) in exchanges.OrderBy(exchange => exchange.Preference).ThenBy(_ => Random.Shared.Next()).Take(MaxExchanges))
        {
            try
            {
                foreach (var address in await AddressesAsync(name, cancellationToken).ConfigureAwait(false))
                    if (hosts.Count < MaxAddresses && IsAllowed(address))
                        hosts.Add(new(name, new(address, _context.Options.MxPort)));
            }
            catch (RelayException e)
            {
                fault = e;
            }
        }

        return hosts.Count > 0 ? hosts : throw fault ?? new RelayException(NoServer);
    }

    private async ValueTask<IEnumerable<IPAddress>> AddressesAsync(string name, CancellationToken cancellationToken)
    {
        var first = await AskAsync(name, QueryType.A, cancellationToken).ConfigureAwait(false);
        IEnumerable<IPAddress> addresses = first.Answers.ARecords().Select(record => record.Address);
        if (!_context.Options.UsesIPv6)
            return addresses;
        var second = await AskAsync(name, QueryType.AAAA, cancellationToken).ConfigureAwait(false);
        // IPv4 first: big receivers trust new IPv6 addresses less, and many machines have IPv6 that leads nowhere.
        return addresses.Concat(second.Answers.AaaaRecords().Select(record => record.Address));
    }

    /// <summary>A domain that names this machine, or nobody, as its server would have us talk to ourselves.</summary>
    private bool IsAllowed(IPAddress address) =>
        _context.Options.AllowsLoopback || !(IPAddress.IsLoopback(address) || address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any)
            || address.IsIPv6Multicast || address.IsIPv6LinkLocal || address.AddressFamily == AddressFamily.InterNetwork && address.GetAddressBytes()[0] is 0 or 127 or >= 224);

    private async ValueTask<IDnsQueryResponse> AskAsync(string name, QueryType type, CancellationToken cancellationToken)
    {
        try
        {
            var answer = await _dns!.QueryAsync(name, type, QueryClass.IN, cancellationToken).ConfigureAwait(false);
            return answer.Header.ResponseCode is DnsHeaderResponseCode.NoError or DnsHeaderResponseCode.NotExistentDomain
                ? answer
                : throw new RelayException(new(new(4, 4, 3), $"DNS says {answer.Header.ResponseCode} for {name}") { Reason = ProblemReason.Unavailable });
        }
        catch (Exception e) when (e is DnsResponseException or SocketException or InvalidOperationException or ArgumentException or IOException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw new RelayException(new(new(4, 4, 3), $"DNS does not answer for {name}") { Reason = ProblemReason.Unavailable }, null, e);
        }
    }
}
