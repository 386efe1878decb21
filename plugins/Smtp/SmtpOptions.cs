namespace MailServer.Plugins.Smtp;

/// <summary>What <c>[plugins.smtp]</c> says.</summary>
internal sealed record SmtpOptions
{
    /// <summary>Announced as SIZE (RFC 1870 §4).</summary>
    public required long MaxMessageSize { get; init; }

    /// <summary>RFC 5321 §4.5.3.1.8 asks for 100 at least.</summary>
    public required int MaxRecipients { get; init; }

    /// <summary>
    /// RFC 5321 §4.5.3.1.6 asks for 1000 octets at least, §4.5.3.1 for no limit where it can be had: it can, since no line is held in
    /// memory, and real mail has longer ones. 0 is no limit.
    /// </summary>
    public required int MaxTextLine { get; init; }

    /// <summary>Wrong commands before we hang up; a refused recipient counts for a fifth of one.</summary>
    public required int MaxErrors { get; init; }

    /// <summary>Wrong passwords before we hang up.</summary>
    public required int MaxAuthFailures { get; init; }

    /// <summary>How long another server waits for our greeting; who cannot wait and speaks before it is refused.</summary>
    public required TimeSpan BannerDelay { get; init; }

    /// <summary>How long a peer may take for its next command (RFC 5321 §4.5.3.2.7).</summary>
    public required TimeSpan CommandTimeout { get; init; }

    /// <summary>How long a peer may be silent within a message (RFC 5321 §4.5.3.2.5).</summary>
    public required TimeSpan DataTimeout { get; init; }

    /// <summary>How long a whole message may take, however slowly its octets drip.</summary>
    public required TimeSpan MessageTimeout { get; init; }

    public static SmtpOptions Read(ConfigSection config) => new()
    {
        MaxMessageSize = AtLeast(config, "max_message_size", 1024, config.GetSize("max_message_size", 50 << 20)),
        MaxRecipients = Count(config, "max_recipients", 1000),
        MaxTextLine = Line(config),
        MaxErrors = Count(config, "max_errors", 20),
        MaxAuthFailures = Count(config, "max_auth_failures", 3),
        BannerDelay = Delay(config),
        CommandTimeout = Time(config, "command_timeout", TimeSpan.FromMinutes(5)),
        DataTimeout = Time(config, "data_timeout", TimeSpan.FromMinutes(3)),
        MessageTimeout = Time(config, "message_timeout", TimeSpan.FromHours(1)),
    };

    private static int Count(ConfigSection config, string key, int fallback) =>
        config.GetInt64(key, fallback) is var value and >= 1 and <= 1_000_000 ? (int)value : throw config.Invalid(key, "must be from 1 to 1000000");

    private static int Line(ConfigSection config) =>
        config.GetSize("max_text_line", 0) is var value && value == 0 || value is >= 1000 and <= int.MaxValue
            ? (int)value
            : throw config.Invalid("max_text_line", "must be 0 (no limit) or at least 1000 (RFC 5321 §4.5.3.1.6)");

    private static long AtLeast(ConfigSection config, string key, long least, long value) =>
        value >= least ? value : throw config.Invalid(key, $"must be at least {least}");

    // RFC 5321 §4.5.3.2.1 has clients wait five minutes; some have less patience.
    private static TimeSpan Delay(ConfigSection config) =>
        config.GetDuration("banner_delay", TimeSpan.Zero) is var value && value >= TimeSpan.Zero && value <= TimeSpan.FromSeconds(30)
            ? value
            : throw config.Invalid("banner_delay", "must be at most 30s");

    private static TimeSpan Time(ConfigSection config, string key, TimeSpan fallback) =>
        config.GetDuration(key, fallback) is var value && value > TimeSpan.Zero && value <= TimeSpan.FromDays(1)
            ? value
            : throw config.Invalid(key, "must be more than nothing and at most a day");
}
