using System.Net;
using MailServer.Server.Logging;

namespace MailServer.Server.Configuration;

/// <summary>A whole configuration, checked. Everything in it can be used as it is; paths are absolute.</summary>
internal sealed record ServerConfig
{
    /// <summary>The file it was read from.</summary>
    public required string File { get; init; }

    public required string Hostname { get; init; }

    /// <summary>Our domains as A-labels in lower case.</summary>
    public required IReadOnlyList<string> Domains { get; init; }

    public required string DataDirectory { get; init; }

    public required TimeSpan DrainTime { get; init; }

    public required bool HotReload { get; init; }

    /// <summary>Whether passwords are taken without TLS where both ends are on loopback.</summary>
    public required bool AllowPlaintextOnLoopback { get; init; }

    /// <summary>Who reads mail for postmaster (RFC 5321 §4.5.1); null for the first account.</summary>
    public required EmailAddress? Postmaster { get; init; }

    /// <summary>The pattern of a user's Maildir.</summary>
    public required string Maildir { get; init; }

    /// <summary>Whether folders are directories within each other (<c>fs</c>) and not names with dots (<c>maildir++</c>).</summary>
    public required bool IsFsLayout { get; init; }

    /// <summary>Whether an index of the messages' texts is kept, for searches.</summary>
    public required bool HasSearchIndex { get; init; }

    /// <summary>What an account may hold of which its directory says nothing.</summary>
    public required Quota Quota { get; init; }

    /// <summary>Per cent of its quota at which an account's owner is told.</summary>
    public required IReadOnlyList<int> QuotaWarnings { get; init; }

    /// <summary>Whether a full account refuses mail for good.</summary>
    public required bool IsOverQuotaFinal { get; init; }

    /// <summary>Days that journals are kept; 0 for none.</summary>
    public required int JournalDays { get; init; }

    /// <summary>The file of aliases; null when there are none.</summary>
    public required string? Aliases { get; init; }

    /// <summary>Recipients that an account may send to in a day; 0 for no limit.</summary>
    public required int RecipientsPerDay { get; init; }

    /// <summary>Accounts whose sent mail the server keeps; <c>*</c> is all.</summary>
    public required IReadOnlyList<string> KeepSent { get; init; }

    public required IReadOnlyList<ListenerConfig> Listeners { get; init; }

    /// <summary>Null when no listener needs it and none is given.</summary>
    public required TlsConfig? Tls { get; init; }

    public required string PluginDirectory { get; init; }

    /// <summary>Ids to load, or null for all.</summary>
    public required IReadOnlyList<string>? Load { get; init; }

    public required IReadOnlyList<string> FilterOrder { get; init; }

    public required IReadOnlyDictionary<string, FilterConfig> Filters { get; init; }

    /// <summary>The administrators' rules; null when there are none.</summary>
    public required string? GlobalRules { get; init; }

    /// <summary>Users' own rules; null when users have none.</summary>
    public required UserRulesConfig? UserRules { get; init; }

    public required int MaxConnections { get; init; }

    public required int MaxConnectionsPerAddress { get; init; }

    public required long MaxMessageSize { get; init; }

    public required QueueConfig Queue { get; init; }

    public required LogConfig Log { get; init; }

    /// <summary>The tables <c>[plugins.ID]</c>.</summary>
    public required TomlTable PluginTables { get; init; }

    /// <summary>The table of one plugin, read anew: what it was asked for belongs to one generation.</summary>
    public ConfigSection SectionOf(string pluginId) => new TomlSection(File, PluginTables).SectionAt(pluginId);

    /// <summary>Errors for tables that no plugin reads.</summary>
    public IEnumerable<ConfigException> TablesWithoutPlugin(IReadOnlyCollection<string> pluginIds) =>
        PluginTables.Entries.Where(entry => entry.Value is TomlTable && !pluginIds.Contains(entry.Key))
            .Select(entry => new ConfigException(File, entry.Line, PluginTables.NameOf(entry.Key), $"no plugin has this id (there are: {string.Join(' ', pluginIds.Order(StringComparer.Ordinal))})"));
}

/// <summary>How a listener begins to encrypt.</summary>
internal enum TlsMode
{
    /// <summary>Never.</summary>
    None,
    /// <summary>When the client asks for it.</summary>
    StartTls,
    /// <summary>From the first byte.</summary>
    Implicit,
}

/// <summary>Where connections come in.</summary>
internal sealed record ListenerConfig(string Name, IPEndPoint Address, string Protocol, TlsMode Tls, int Line)
{
    /// <summary>Networks of proxies: connections from them begin with a PROXY header.</summary>
    public IReadOnlyList<IPNetwork> Proxies { get; init; } = [];
}

/// <summary>The certificate, and how long a handshake may take.</summary>
internal sealed record TlsConfig(string Certificate, string Key, TimeSpan HandshakeLimit);

/// <summary>What a filter may cost.</summary>
internal sealed record FilterConfig(TimeSpan TimeLimit, bool DeferOnFailure);

/// <summary>How mail for other servers is tried.</summary>
internal sealed record QueueConfig(
    TimeSpan FirstRetry, TimeSpan LongestRetry, TimeSpan GiveUp, TimeSpan DelayNotice, int Connections, int ConnectionsPerDestination, bool RewritesSenders);

/// <summary>Users' own rules.</summary>
/// <param name="Directory">The pattern of the folder of an account's scripts.</param>
/// <param name="Workers">Processes that run them, at most.</param>
/// <param name="WorkerUser">Whom these become when the server is root.</param>
/// <param name="HasBubblewrap">Whether bubblewrap is used where the kernel has no Landlock; if not, no users' rules run there.</param>
internal sealed record UserRulesConfig(string Directory, int Workers, string WorkerUser, bool HasBubblewrap);

/// <summary>How the log is written.</summary>
internal sealed record LogConfig(LogFormat Format, Microsoft.Extensions.Logging.LogLevel Level);
