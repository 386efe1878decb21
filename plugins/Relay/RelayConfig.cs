namespace MailServer.Plugins.Relay;

/// <summary>The ways that mail goes, in the order in which they are looked at: those that are named in <c>routes</c>, and then what <c>[plugins.relay]</c> itself says.</summary>
internal sealed record RelayConfig(IReadOnlyList<RouteConfig> Routes)
{
    /// <summary>Names of routes: each is a table and is looked at for each message.</summary>
    private const int MaxRoutes = 1000;

    public static RelayConfig Read(ConfigSection config)
    {
        List<RouteConfig> routes = [];
        foreach (var name in config.GetStrings("routes"))
        {
            if (routes.Count == MaxRoutes || name.Length == 0 || routes.Exists(route => route.Name == name))
                throw config.Invalid("routes", $"\"{name}\": a name of its own for each route is expected, of {MaxRoutes} at most");
            var table = config.GetSection(name);
            var (senders, recipients) = (table.GetStrings("senders"), table.GetStrings("recipients"));
            if (senders.Count + recipients.Count == 0)
                throw table.Invalid("recipients", "a route needs senders or recipients");
            foreach (var (key, value) in senders.Select(sender => ("senders", sender)).Concat(recipients.Select(recipient => ("recipients", recipient))))
                if (value.Length == 0 || value.Any(c => char.IsWhiteSpace(c) || char.IsControl(c)) || key == "recipients" && value.Contains('@', StringComparison.Ordinal))
                    throw table.Invalid(key, $"\"{value}\": {(key == "senders" ? "an address, a domain, or .domain for those below it" : "a domain, or .domain for those below it")} is expected");
            var options = RelayOptions.Read(table);
            if (options.Smarthost is null && !options.IsDirect)
                throw table.Invalid("smarthost", "a route needs smarthost or direct");
            routes.Add(new(name, senders, recipients, options));
            table.RejectUnknownKeys();
        }

        var rest = RelayOptions.Read(config);
        if (rest.Smarthost is not null || rest.IsDirect)
            routes.Add(new("", [], [], rest));
        return new(routes);
    }
}

/// <summary>One way.</summary>
/// <param name="Name">As the configuration calls it; empty for what is left.</param>
/// <param name="Senders">Addresses and domains of senders; empty for any.</param>
/// <param name="Recipients">Domains that it goes to; empty for any.</param>
/// <param name="Options">Where to, and how.</param>
internal sealed record RouteConfig(string Name, IReadOnlyList<string> Senders, IReadOnlyList<string> Recipients, RelayOptions Options);
