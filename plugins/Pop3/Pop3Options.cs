namespace MailServer.Plugins.Pop3;

/// <summary>The table <c>[plugins.pop3]</c>.</summary>
internal sealed record Pop3Options
{
    /// <summary>How long a session may be silent, or its peer may not read, once logged in: the ten minutes of RFC 1939 §3 at least.</summary>
    public TimeSpan IdleTime { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>How long a peer may take to log in. Strangers hold a connection no longer than that.</summary>
    public TimeSpan LoginTime { get; init; } = TimeSpan.FromMinutes(3);

    public static Pop3Options Read(ConfigSection config)
    {
        var options = new Pop3Options();
        options = options with
        {
            IdleTime = Positive(config, "idle_time", options.IdleTime),
            LoginTime = Positive(config, "login_time", options.LoginTime),
        };
        config.RejectUnknownKeys();
        return options;
    }

    private static TimeSpan Positive(ConfigSection config, string key, TimeSpan fallback) =>
        config.GetDuration(key, fallback) is var time && time >= TimeSpan.FromSeconds(1) && time <= TimeSpan.FromDays(1)
            ? time
            : throw config.Invalid(key, "must lie between 1s and 1d");
}
