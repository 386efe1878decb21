namespace MailServer.Plugins.Pop3;

/// <summary>The table <c>[plugins.pop3]</c>.</summary>
internal sealed record Pop3Options
{
    /// <summary><c>idle_time</c>: how long a session may be silent once logged in, or leave us waiting; never below RFC 1939 §3's ten minutes.</summary>
    public TimeSpan IdleTime { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary><c>login_time</c>: how long a peer may take to log in. Strangers hold a connection no longer than that.</summary>
    public TimeSpan LoginTime { get; init; } = TimeSpan.FromMinutes(3);

    /// <summary><c>max_errors</c>: clients make some when they feel out a server; who makes more speaks another protocol or looks for holes.</summary>
    public int MaxErrors { get; init; } = 20;

    /// <summary><c>max_login_failures</c>: as many passwords as somebody mistypes; a guesser has to connect again.</summary>
    public int MaxLoginFailures { get; init; } = 5;

    /// <summary><c>login_delay</c>: so long must pass between two logins of one user (RFC 2449 §6.5); 0 for no such rule.</summary>
    public TimeSpan LoginDelay { get; init; }

    public static Pop3Options Read(ConfigSection config)
    {
        var options = new Pop3Options();
        options = options with
        {
            IdleTime = Time(config, "idle_time", options.IdleTime, TimeSpan.FromMinutes(10), "10m (RFC 1939 section 3)"),
            LoginTime = Time(config, "login_time", options.LoginTime, TimeSpan.FromSeconds(1), "1s"),
            LoginDelay = Time(config, "login_delay", options.LoginDelay, TimeSpan.Zero, "0s"),
            MaxErrors = Count(config, "max_errors", options.MaxErrors),
            MaxLoginFailures = Count(config, "max_login_failures", options.MaxLoginFailures),
        };
        config.RejectUnknownKeys();
        return options;
    }

    private static TimeSpan Time(ConfigSection config, string key, TimeSpan fallback, TimeSpan least, string leastText) =>
        config.GetDuration(key, fallback) is var time && time >= least && time <= TimeSpan.FromDays(1)
            ? time
            : throw config.Invalid(key, $"must lie between {leastText} and 1d");

    private static int Count(ConfigSection config, string key, int fallback) =>
        config.GetInt64(key, fallback) is var count and >= 1 and <= 1_000_000 ? (int)count : throw config.Invalid(key, "must lie between 1 and 1000000");
}
