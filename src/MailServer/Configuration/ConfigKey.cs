namespace MailServer.Server.Configuration;

/// <summary>What a key's value is.</summary>
internal enum KeyType
{
    Text,
    Path,
    Number,
    Boolean,
    Time,
    Size,
    Texts,
}

/// <summary>A key that the server itself knows. docs/configuration.md has a row for each; a test compares them.</summary>
/// <param name="Table">The table, as it is written: <c>[server]</c>, <c>[[listeners]]</c>.</param>
/// <param name="Name">The key.</param>
/// <param name="Type">What its value is.</param>
/// <param name="Default">The value as it would be written in the file when the key is left out; null when it cannot be, empty when there is none.</param>
internal sealed record ConfigKey(string Table, string Name, KeyType Type, string? Default);

/// <summary>All keys that the server itself knows. Plugins know their own.</summary>
internal static class ConfigKeys
{
    public static readonly ConfigKey Hostname = new("[server]", "hostname", KeyType.Text, null);
    public static readonly ConfigKey Data = new("[server]", "data", KeyType.Path, null);
    public static readonly ConfigKey DrainTime = new("[server]", "drain_time", KeyType.Time, "5m");
    public static readonly ConfigKey HotReload = new("[server]", "hot_reload", KeyType.Boolean, "true");
    public static readonly ConfigKey AllowPlaintextAuth = new("[server]", "allow_plaintext_auth", KeyType.Text, "never");
    public static readonly ConfigKey Postmaster = new("[server]", "postmaster", KeyType.Text, "");

    public static readonly ConfigKey Maildir = new("[store]", "maildir", KeyType.Text, "{data}/mail/{domain}/{user}/Maildir");
    public static readonly ConfigKey Layout = new("[store]", "layout", KeyType.Text, "maildir++");
    public static readonly ConfigKey SearchIndex = new("[store]", "search_index", KeyType.Boolean, "true");
    public static readonly ConfigKey Quota = new("[store]", "quota", KeyType.Size, "");
    public static readonly ConfigKey QuotaMessages = new("[store]", "quota_messages", KeyType.Number, "0");
    public static readonly ConfigKey QuotaWarnings = new("[store]", "quota_warnings", KeyType.Texts, "[\"80%\", \"95%\"]");
    public static readonly ConfigKey OverQuota = new("[store]", "over_quota", KeyType.Text, "defer");
    public static readonly ConfigKey JournalDays = new("[store]", "journal_days", KeyType.Number, "400");

    public static readonly ConfigKey Aliases = new("[accounts]", "aliases", KeyType.Path, "");

    public static readonly ConfigKey DomainName = new("[[domains]]", "name", KeyType.Text, null);

    public static readonly ConfigKey ListenerName = new("[[listeners]]", "name", KeyType.Text, null);
    public static readonly ConfigKey ListenerAddress = new("[[listeners]]", "address", KeyType.Text, null);
    public static readonly ConfigKey ListenerProtocol = new("[[listeners]]", "protocol", KeyType.Text, null);
    public static readonly ConfigKey ListenerTls = new("[[listeners]]", "tls", KeyType.Text, "none");
    public static readonly ConfigKey ListenerProxies = new("[[listeners]]", "proxies", KeyType.Texts, "");

    public static readonly ConfigKey Certificate = new("[tls]", "certificate", KeyType.Path, null);
    public static readonly ConfigKey CertificateKey = new("[tls]", "key", KeyType.Path, null);
    public static readonly ConfigKey HandshakeLimit = new("[tls]", "handshake_limit", KeyType.Time, "30s");

    public static readonly ConfigKey Connections = new("[limits]", "connections", KeyType.Number, "2000");
    public static readonly ConfigKey ConnectionsPerAddress = new("[limits]", "connections_per_address", KeyType.Number, "100");
    public static readonly ConfigKey MessageSize = new("[limits]", "message_size", KeyType.Size, "256MiB");

    public static readonly ConfigKey RecipientsPerDay = new("[submission]", "recipients_per_day", KeyType.Number, "0");
    public static readonly ConfigKey KeepSent = new("[submission]", "keep_sent", KeyType.Texts, "");

    public static readonly ConfigKey QueueFirstRetry = new("[queue]", "first_retry", KeyType.Time, "5m");
    public static readonly ConfigKey QueueLongestRetry = new("[queue]", "longest_retry", KeyType.Time, "3h");
    public static readonly ConfigKey QueueGiveUp = new("[queue]", "give_up", KeyType.Time, "5d");
    public static readonly ConfigKey QueueDelayNotice = new("[queue]", "delay_notice", KeyType.Time, "4h");
    public static readonly ConfigKey QueueRewriteSenders = new("[queue]", "rewrite_senders", KeyType.Boolean, "true");
    public static readonly ConfigKey QueueConnections = new("[queue]", "connections", KeyType.Number, "20");
    public static readonly ConfigKey QueueConnectionsPerDestination = new("[queue]", "connections_per_destination", KeyType.Number, "4");

    public static readonly ConfigKey LogFormat = new("[log]", "format", KeyType.Text, "text");
    public static readonly ConfigKey LogLevel = new("[log]", "level", KeyType.Text, "information");

    public static readonly ConfigKey PluginDirectory = new("[plugins]", "directory", KeyType.Path, "");
    public static readonly ConfigKey PluginLoad = new("[plugins]", "load", KeyType.Texts, "");

    public static readonly ConfigKey FilterOrder = new("[filters]", "order", KeyType.Texts, "");
    public static readonly ConfigKey FilterTimeLimit = new("[filters.NAME]", "time_limit", KeyType.Time, "10s");
    public static readonly ConfigKey FilterOnFailure = new("[filters.NAME]", "on_failure", KeyType.Text, "defer");

    public static readonly ConfigKey GlobalRules = new("[rules]", "global", KeyType.Path, "");
    public static readonly ConfigKey UserRules = new("[rules]", "users", KeyType.Text, "");
    public static readonly ConfigKey RuleWorkers = new("[rules]", "workers", KeyType.Number, "4");
    public static readonly ConfigKey RuleWorkerUser = new("[rules]", "worker_user", KeyType.Text, "nobody");
    public static readonly ConfigKey WithoutLandlock = new("[rules]", "without_landlock", KeyType.Text, "refuse");

    /// <summary>All of them, in the order of the documentation.</summary>
    public static IReadOnlyList<ConfigKey> All { get; } =
    [
        Hostname, Data, DrainTime, HotReload, AllowPlaintextAuth, Postmaster, Maildir, Layout, SearchIndex, Quota, QuotaMessages, QuotaWarnings, OverQuota, JournalDays, Aliases,
        DomainName, ListenerName, ListenerAddress, ListenerProtocol, ListenerTls, ListenerProxies,
        Certificate, CertificateKey, HandshakeLimit, Connections, ConnectionsPerAddress, MessageSize, RecipientsPerDay, KeepSent,
        QueueFirstRetry, QueueLongestRetry, QueueGiveUp, QueueDelayNotice, QueueConnections, QueueConnectionsPerDestination, QueueRewriteSenders, LogFormat, LogLevel, PluginDirectory, PluginLoad,
        FilterOrder, FilterTimeLimit, FilterOnFailure, GlobalRules, UserRules, RuleWorkers, RuleWorkerUser, WithoutLandlock,
    ];
}
