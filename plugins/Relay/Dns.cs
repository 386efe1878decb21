using System.Net;
using System.Net.Sockets;
using DnsClient;

namespace MailServer.Plugins.Relay;

/// <summary>Asks resolvers. What they do not answer is a reason to wait, never one to give up.</summary>
internal sealed class Dns
{
    private readonly RelayContext _context;
    private readonly LookupClient _client;

    public Dns(RelayContext context)
    {
        _context = context;
        var options = context.Options.NameServers.Count > 0 ? new LookupClientOptions([.. context.Options.NameServers]) : new LookupClientOptions();
        (options.Timeout, options.Retries, options.UseCache) = (TimeSpan.FromSeconds(5), 2, true);
        // A resolver that says no for a good reason is believed; one that fails is not.
        (options.ContinueOnDnsError, options.ThrowDnsErrors) = (true, false);
        options.RequestDnsSecRecords = true;
        _client = new(options);
        // RFC 7672 §2.2: the AD bit counts where nobody can change it on its way.
        IsTrusted = context.Options.TrustsDns ?? _client.NameServers.All(server => IPAddress.TryParse(server.Address, out var address) && IPAddress.IsLoopback(address));
    }

    /// <summary>Whether what a resolver says of signatures is believed.</summary>
    public bool IsTrusted { get; }

    /// <exception cref="RelayException">There is no answer that can be believed.</exception>
    public async ValueTask<IDnsQueryResponse> AskAsync(string name, QueryType type, CancellationToken cancellationToken)
    {
        try
        {
            var answer = await _client.QueryAsync(name, type, QueryClass.IN, cancellationToken).ConfigureAwait(false);
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

    /// <summary>Whether an answer was found to be signed.</summary>
    public bool IsSecure(IDnsQueryResponse answer) => IsTrusted && answer.Header.IsAuthenticData;

    /// <summary>A name's addresses that may be used, and whether all that was said of them is signed.</summary>
    public async ValueTask<(IReadOnlyList<IPAddress> Addresses, bool IsSecure)> AddressesAsync(string name, CancellationToken cancellationToken)
    {
        var first = await AskAsync(name, QueryType.A, cancellationToken).ConfigureAwait(false);
        var (addresses, isSecure) = (first.Answers.ARecords().Select(record => record.Address), IsSecure(first));
        if (_context.Options.UsesIPv6)
        {
            var second = await AskAsync(name, QueryType.AAAA, cancellationToken).ConfigureAwait(false);
            var others = second.Answers.AaaaRecords().Select(record => record.Address);
            // IPv4 first: big receivers trust new IPv6 addresses less, and many machines have IPv6 that leads nowhere.
            addresses = _context.Options.PrefersIPv6 ? others.Concat(addresses) : addresses.Concat(others);
            isSecure &= IsSecure(second);
        }

        return ([.. addresses.Where(IsAllowed)], isSecure);
    }

    /// <summary>A domain that names this machine, or nobody, as its server would have us talk to ourselves.</summary>
    private bool IsAllowed(IPAddress address) =>
        _context.Options.AllowsLoopback || !(IPAddress.IsLoopback(address) || address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any)
            || address.IsIPv6Multicast || address.IsIPv6LinkLocal || address.AddressFamily == AddressFamily.InterNetwork && address.GetAddressBytes()[0] is 0 or 127 or >= 224);
}
