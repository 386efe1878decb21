namespace MailServer.Plugins.Relay;

/// <summary>A way for some of the mail: by its sender, by where it goes, or by both. The first that fits is taken.</summary>
internal sealed class RelayRoute(string name, IReadOnlyList<string> senders, IReadOnlyList<string> recipients, RelayContext context, MailRoutes servers)
{
    /// <summary>As the configuration calls it; empty for what is left.</summary>
    public string Name => name;

    public RelayContext Context => context;

    public MailRoutes Servers => servers;

    public bool Takes(EmailAddress? sender, string domain) =>
        (senders.Count == 0 || sender is { } from && senders.Any(pattern => pattern.Contains('@', StringComparison.Ordinal)
            ? pattern.Equals(from.ToString(), StringComparison.OrdinalIgnoreCase)
            : IsIn(from.Domain, pattern)))
        && (recipients.Count == 0 || recipients.Any(pattern => IsIn(domain, pattern)));

    /// <summary>What mail that goes this way has in common.</summary>
    public string DestinationOf(string domain) => (context.Options.Smarthost, name) switch
    {
        (null, "") => domain,
        (null, _) => $"{domain} ({name})",
        (var (host, _), "") => host,
        (var (host, _), _) => $"{host} ({name})",
    };

    // As ".example.net": all domains below it.
    private static bool IsIn(string domain, string pattern) =>
        pattern.StartsWith('.') ? domain.EndsWith(pattern, StringComparison.OrdinalIgnoreCase) : domain.Equals(pattern, StringComparison.OrdinalIgnoreCase);
}
