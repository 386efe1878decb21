using System.Globalization;
using System.Net;
using Microsoft.Extensions.Logging;
using MailServer.Server.Logging;

namespace MailServer.Server.Configuration;

/// <summary>Reads a configuration file. All errors in it are found, not only the first.</summary>
internal sealed class ConfigReader
{
    // A configuration is a page or two; another file named by mistake is not read whole.
    private const int MaxFileSize = 1024 * 1024;

    private static readonly IdnMapping Idn = new() { UseStd3AsciiRules = true };

    private readonly string _file;
    private readonly ConfigErrors _errors;
    private readonly TomlTable _table;
    private readonly TomlSection _top;

    private ConfigReader(string file, string text)
    {
        _file = file;
        _errors = new(file);
        _table = TomlFile.Read(text, _errors);
        _top = new(file, _table);
    }

    /// <summary>Reads a file.</summary>
    /// <exception cref="BrokenConfigException">It cannot be used.</exception>
    public static ServerConfig Read(string file) => Read(file, ReadText(file));

    /// <summary>Reads a text as if it stood in a file of that name.</summary>
    /// <exception cref="BrokenConfigException">It cannot be used.</exception>
    public static ServerConfig Read(string file, string text)
    {
        var reader = new ConfigReader(file, text);
        if (!reader._errors.Any)
        {
            var config = reader.ReadAll();
            if (!reader._errors.Any)
                return config;
        }

        throw new BrokenConfigException(reader._errors.List);
    }

    private static string ReadText(string file)
    {
        try
        {
            if (new FileInfo(file).Length > MaxFileSize)
                throw new BrokenConfigException([new(file, 0, "", $"larger than {MaxFileSize / 1024} KiB")]);
            return File.ReadAllText(file);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new BrokenConfigException([new(file, 0, "", "no such file")]);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BrokenConfigException([new(file, 0, "", e.Message)]);
        }
    }

    private ServerConfig ReadAll()
    {
        var server = In("server");
        var store = In("store");
        var plugins = In("plugins");
        var limits = In("limits");
        var rules = In("rules");
        var listeners = ReadListeners();
        var (order, filters) = ReadFilters();
        var maildir = ReadMaildir(store);
        var config = new ServerConfig
        {
            File = _file,
            Hostname = ReadDomain(server, ConfigKeys.Hostname),
            DataDirectory = server.Path(ConfigKeys.Data),
            DrainTime = server.Time(ConfigKeys.DrainTime, TimeSpan.Zero, TimeSpan.FromDays(1)),
            HotReload = server.Flag(ConfigKeys.HotReload),
            AllowPlaintextOnLoopback = server.Choice(ConfigKeys.AllowPlaintextAuth, ("never", false), ("loopback", true)),
            Postmaster = ReadPostmaster(server),
            Maildir = maildir,
            IsFsLayout = store.Choice(ConfigKeys.Layout, ("maildir++", false), ("fs", true)),
            HasSearchIndex = store.Flag(ConfigKeys.SearchIndex),
            Quota = new()
            {
                Storage = store.Has(ConfigKeys.Quota) ? store.Size(ConfigKeys.Quota, 1024) : null,
                Messages = store.Number(ConfigKeys.QuotaMessages, 0, int.MaxValue) is > 0 and var messages ? messages : null,
            },
            QuotaWarnings = ReadQuotaWarnings(store),
            IsOverQuotaFinal = store.Choice(ConfigKeys.OverQuota, ("defer", false), ("reject", true)),
            JournalDays = store.Number(ConfigKeys.JournalDays, 0, 36_500),
            Domains = ReadDomains(),
            Aliases = ReadAliases(),
            RecipientsPerDay = In("submission").Number(ConfigKeys.RecipientsPerDay, 0, int.MaxValue),
            KeepSent = ReadKeepSent(),
            Listeners = listeners,
            Tls = ReadTls(listeners),
            PluginDirectory = ReadPluginDirectory(plugins),
            Load = plugins.Has(ConfigKeys.PluginLoad) ? plugins.Texts(ConfigKeys.PluginLoad) : null,
            FilterOrder = order,
            Filters = filters,
            GlobalRules = rules.Path(ConfigKeys.GlobalRules) is { Length: > 0 } global ? global : null,
            UserRules = ReadUserRules(rules, maildir),
            MaxConnections = limits.Number(ConfigKeys.Connections, 1, 1_000_000),
            MaxConnectionsPerAddress = limits.Number(ConfigKeys.ConnectionsPerAddress, 1, 1_000_000),
            MaxMessageSize = limits.Size(ConfigKeys.MessageSize, 1024),
            Queue = ReadQueue(),
            Log = ReadLog(),
            PluginTables = _table.Find("plugins")?.Value as TomlTable ?? new("plugins", 0),
        };
        TakeTablesOfPlugins();
        foreach (var unknown in _top.UnknownKeys())
            _errors.Add(unknown);
        return config;
    }

    private static IReadOnlyList<int> ReadQuotaWarnings(KeyReader store)
    {
        if (!store.Has(ConfigKeys.QuotaWarnings))
            return [80, 95];
        List<int> thresholds = [];
        foreach (var text in store.Texts(ConfigKeys.QuotaWarnings))
            if (text.EndsWith('%') && int.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var percent) && percent is >= 1 and <= 100)
                thresholds.Add(percent);
            else
                store.Refuse(ConfigKeys.QuotaWarnings, $"\"{text}\": \"1%\" to \"100%\" is expected");
        return [.. thresholds.Distinct().Order()];
    }

    private KeyReader In(string table)
    {
        try
        {
            return new(_top.SectionAt(table), _errors);
        }
        catch (ConfigException e)
        {
            _errors.Add(e);
            return new(new(_file, new(table, 0)), new(_file));
        }
    }

    private KeyReader[] InEach(string table)
    {
        try
        {
            return [.. _top.SectionsAt(table).Select(section => new KeyReader(section, _errors))];
        }
        catch (ConfigException e)
        {
            _errors.Add(e);
            return [];
        }
    }

    private IReadOnlyList<string> ReadKeepSent()
    {
        var submission = In("submission");
        var names = submission.Texts(ConfigKeys.KeepSent);
        foreach (var name in names)
            if (name != "*" && !EmailAddress.TryParse(name, out _))
                submission.Refuse(ConfigKeys.KeepSent, $"\"{name}\": an account's address or \"*\" is expected");
        return names;
    }

    private string? ReadAliases()
    {
        var accounts = In("accounts");
        return accounts.Path(ConfigKeys.Aliases) is { Length: > 0 } file ? file : null;
    }

    /// <summary>Addresses and networks, as <c>10.0.0.1</c> and <c>fd00::/8</c>.</summary>
    private static List<IPNetwork> ReadNetworks(KeyReader table, ConfigKey key)
    {
        var networks = new List<IPNetwork>();
        foreach (var text in table.Texts(key))
            if (IPNetwork.TryParse(text, out var network))
                networks.Add(network);
            else if (IPAddress.TryParse(text, out var address))
                networks.Add(new(address, address.GetAddressBytes().Length * 8));
            else
                table.Refuse(key, $"\"{text}\": an IP address or a network is expected, as \"10.0.0.1\" or \"fd00::/8\"");
        return networks;
    }

    private QueueConfig ReadQueue()
    {
        var queue = In("queue");
        return new(
            queue.Time(ConfigKeys.QueueFirstRetry, TimeSpan.FromSeconds(1), TimeSpan.FromDays(1)),
            queue.Time(ConfigKeys.QueueLongestRetry, TimeSpan.FromSeconds(1), TimeSpan.FromDays(7)),
            queue.Time(ConfigKeys.QueueGiveUp, TimeSpan.FromSeconds(1), TimeSpan.FromDays(100)),
            queue.Time(ConfigKeys.QueueDelayNotice, TimeSpan.Zero, TimeSpan.FromDays(100)),
            queue.Number(ConfigKeys.QueueConnections, 1, 1000),
            queue.Number(ConfigKeys.QueueConnectionsPerDestination, 1, 100),
            queue.Flag(ConfigKeys.QueueRewriteSenders));
    }

    private LogConfig ReadLog()
    {
        var log = In("log");
        return new(
            log.Choice(ConfigKeys.LogFormat, ("text", LogFormat.Text), ("json", LogFormat.Json), ("journald", LogFormat.Journald)),
            log.Choice(ConfigKeys.LogLevel, ("information", LogLevel.Information), ("trace", LogLevel.Trace), ("debug", LogLevel.Debug), ("warning", LogLevel.Warning), ("error", LogLevel.Error)));
    }

    private static EmailAddress? ReadPostmaster(KeyReader server)
    {
        if (!server.Has(ConfigKeys.Postmaster) || server.TextOrNull(ConfigKeys.Postmaster) is not { } text)
            return null;
        if (EmailAddress.TryParse(text, out var address))
            return address;
        server.Refuse(ConfigKeys.Postmaster, $"\"{text}\" is no address");
        return null;
    }

    private string ReadMaildir(KeyReader store) =>
        ReadPattern(store, ConfigKeys.Maildir, store.Text(ConfigKeys.Maildir), ["{data}", "{domain}", "{user}", "{home}"], ["{user}", "{home}"], "Maildir");

    private UserRulesConfig? ReadUserRules(KeyReader rules, string maildir)
    {
        var pattern = rules.Text(ConfigKeys.UserRules);
        var workers = rules.Number(ConfigKeys.RuleWorkers, 1, 1000);
        var user = rules.Text(ConfigKeys.RuleWorkerUser);
        var hasBubblewrap = rules.Choice(ConfigKeys.WithoutLandlock, ("refuse", false), ("bubblewrap", true));
        if (pattern.Length == 0)
            return null;
        var directory = ReadPattern(
            rules, ConfigKeys.UserRules, pattern, ["{maildir}", "{data}", "{domain}", "{user}", "{home}"], ["{maildir}", "{user}", "{home}"], "folder of rules");
        // As "{maildir}/../rules" where the Maildir itself is the account's only folder.
        if (FolderOf("a") == FolderOf("b"))
            rules.Refuse(ConfigKeys.UserRules, $"\"{pattern}\": all accounts would share one folder of rules");
        return new(directory, workers, user, hasBubblewrap);

        string FolderOf(string name) => Path.GetFullPath(directory
            .Replace("{maildir}", maildir, StringComparison.Ordinal).Replace("{data}", "/data", StringComparison.Ordinal).Replace("{domain}", "domain", StringComparison.Ordinal)
            .Replace("{user}", name, StringComparison.Ordinal).Replace("{home}", $"/home/{name}", StringComparison.Ordinal));
    }

    /// <summary>A path with names in braces, one for each account.</summary>
    private string ReadPattern(KeyReader table, ConfigKey key, string pattern, string[] names, string[] needed, string what)
    {
        var rest = pattern;
        foreach (var name in names)
            rest = rest.Replace(name, "", StringComparison.Ordinal);
        if (rest.AsSpan().ContainsAny('{', '}'))
            table.Refuse(key, $"\"{pattern}\": only {Listed(names, "and")} can stand in braces");
        else if (!needed.Any(name => pattern.Contains(name, StringComparison.Ordinal)))
            table.Refuse(key, $"\"{pattern}\": without {Listed(needed, "or")} all accounts would share one {what}");
        else if (!pattern.StartsWith('{'))
            return Path.GetFullPath(pattern, Path.GetDirectoryName(Path.GetFullPath(_file)) ?? "/");
        return pattern;

        static string Listed(string[] names, string last) => $"{string.Join(", ", names[..^1])} {last} {names[^1]}";
    }

    private List<string> ReadDomains()
    {
        var domains = new List<string>();
        foreach (var table in InEach("domains"))
            if (ReadDomain(table, ConfigKeys.DomainName) is { Length: > 0 } domain)
            {
                if (domains.Contains(domain))
                    table.Refuse(ConfigKeys.DomainName, $"\"{domain}\" is named twice");
                domains.Add(domain);
            }

        return domains;
    }

    /// <summary>A domain name, as A-labels in lower case.</summary>
    private static string ReadDomain(KeyReader table, ConfigKey key)
    {
        if (table.TextOrNull(key) is not { } text)
            return "";
        try
        {
            return Idn.GetAscii(text).ToLowerInvariant();
        }
        catch (ArgumentException)
        {
            table.Refuse(key, $"\"{text}\" is no domain name");
            return "";
        }
    }

    private List<ListenerConfig> ReadListeners()
    {
        var listeners = new List<ListenerConfig>();
        foreach (var table in InEach("listeners"))
        {
            var name = table.TextOrNull(ConfigKeys.ListenerName);
            if (name is not null && (name.Length == 0 || !name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.')))
                table.Refuse(ConfigKeys.ListenerName, $"\"{name}\": letters, digits, '-', '_' and '.' are expected");
            if (name is not null && listeners.Exists(other => other.Name == name))
                table.Refuse(ConfigKeys.ListenerName, $"\"{name}\" is named twice");
            var protocol = table.TextOrNull(ConfigKeys.ListenerProtocol);
            if (protocol is { Length: 0 })
                table.Refuse(ConfigKeys.ListenerProtocol, "cannot be empty");
            var tls = table.Choice(ConfigKeys.ListenerTls, ("none", TlsMode.None), ("starttls", TlsMode.StartTls), ("implicit", TlsMode.Implicit));
            listeners.Add(new(name ?? "", ReadAddress(table, listeners), protocol ?? "", tls, table.LineOf(ConfigKeys.ListenerTls)) { Proxies = ReadNetworks(table, ConfigKeys.ListenerProxies) });
        }

        if (listeners.Count == 0 && _table.Find("listeners") is null)
            _errors.Add(0, "listeners", "missing: without a [[listeners]] table nobody can connect");
        return listeners;
    }

    private static IPEndPoint ReadAddress(KeyReader table, List<ListenerConfig> others)
    {
        if (table.TextOrNull(ConfigKeys.ListenerAddress) is not { } text)
            return new(IPAddress.None, 0);
        // IPEndPoint takes "1.2.3.4" and "::1" too, without a port.
        if (!IPEndPoint.TryParse(text, out var address) || !(text.Contains("]:", StringComparison.Ordinal) || text.Count(c => c == ':') == 1))
        {
            table.Refuse(ConfigKeys.ListenerAddress, $"\"{text}\": an IP address and a port are expected, as \"0.0.0.0:25\" or \"[::]:25\"");
            return new(IPAddress.None, 0);
        }

        if (address.Port != 0 && others.Find(other => other.Address.Equals(address)) is { } other)
            table.Refuse(ConfigKeys.ListenerAddress, $"\"{text}\" is that of listener \"{other.Name}\" already");
        return address;
    }

    private TlsConfig? ReadTls(List<ListenerConfig> listeners)
    {
        if (_table.Find("tls") is null)
        {
            foreach (var listener in listeners.Where(listener => listener.Tls != TlsMode.None))
                _errors.Add(listener.Line, "listeners.tls", $"listener \"{listener.Name}\" needs a certificate: [tls] is missing");
            return null;
        }

        var tls = In("tls");
        return new(
            tls.File(ConfigKeys.Certificate),
            tls.File(ConfigKeys.CertificateKey),
            tls.Time(ConfigKeys.HandshakeLimit, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(10)));
    }

    private static string ReadPluginDirectory(KeyReader plugins)
    {
        var directory = plugins.Path(ConfigKeys.PluginDirectory);
        if (directory.Length == 0)
            return Path.Combine(AppContext.BaseDirectory, "plugins");
        if (!Directory.Exists(directory))
            plugins.Refuse(ConfigKeys.PluginDirectory, $"{directory}: no such folder");
        return directory;
    }

    private (IReadOnlyList<string> Order, Dictionary<string, FilterConfig> Filters) ReadFilters()
    {
        var reader = In("filters");
        var order = reader.Texts(ConfigKeys.FilterOrder);
        var filters = new Dictionary<string, FilterConfig>(StringComparer.Ordinal);
        if (_table.Find("filters")?.Value is TomlTable)
        {
            var section = _top.SectionAt("filters");
            foreach (var name in section.TableNames)
            {
                var table = new KeyReader(section.SectionAt(name), _errors);
                filters[name] = new(
                    table.Time(ConfigKeys.FilterTimeLimit, TimeSpan.FromMilliseconds(1), TimeSpan.FromMinutes(10)),
                    table.Choice(ConfigKeys.FilterOnFailure, ("defer", true), ("skip", false)));
            }
        }

        return (order, filters);
    }

    /// <summary>What is in the plugins' tables is for them to judge.</summary>
    private void TakeTablesOfPlugins()
    {
        if (_table.Find("plugins")?.Value is not TomlTable)
            return;
        var section = _top.SectionAt("plugins");
        foreach (var name in section.TableNames)
            section.Take(name);
    }
}
