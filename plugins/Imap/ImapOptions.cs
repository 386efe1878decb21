namespace MailServer.Plugins.Imap;

/// <summary>The table <c>[plugins.imap]</c>.</summary>
internal sealed record ImapOptions
{
    /// <summary><c>max_message_size</c>: octets of one APPEND; what SMTP takes by default.</summary>
    public required long MaxMessageSize { get; init; }

    /// <summary><c>login_time</c>: how long a stranger may be silent. RFC 3501 §5.4 asks for 30 minutes of somebody logged in only.</summary>
    public required TimeSpan LoginTime { get; init; }

    /// <summary><c>idle_time</c>: how long a logged-in client may be silent; never less than 30 minutes (RFC 3501 §5.4).</summary>
    public required TimeSpan IdleTime { get; init; }

    /// <summary><c>max_errors</c>: BAD answers in a row before the connection ends. People who type need some; a client that loops gets no more.</summary>
    public required int MaxErrors { get; init; }

    /// <summary><c>max_login_failures</c>: refused logins on one connection, the three that people need and some.</summary>
    public required int MaxLoginFailures { get; init; }

    public static ImapOptions Read(ConfigSection config)
    {
        var options = new ImapOptions
        {
            MaxMessageSize = config.GetSize("max_message_size", 50L << 20),
            LoginTime = config.GetDuration("login_time", TimeSpan.FromMinutes(3)),
            IdleTime = config.GetDuration("idle_time", TimeSpan.FromMinutes(30)),
            MaxErrors = (int)Math.Clamp(config.GetInt64("max_errors", 20), 0, 1_000_000),
            MaxLoginFailures = (int)Math.Clamp(config.GetInt64("max_login_failures", 5), 0, 1_000_000),
        };
        if (options.IdleTime < TimeSpan.FromMinutes(30))
            throw config.Invalid("idle_time", "less than 30m (RFC 3501 section 5.4)");
        if (options.LoginTime <= TimeSpan.Zero)
            throw config.Invalid("login_time", "must be more than nothing");
        if (options.MaxErrors == 0)
            throw config.Invalid("max_errors", "must be at least 1");
        if (options.MaxLoginFailures == 0)
            throw config.Invalid("max_login_failures", "must be at least 1");
        if (options.MaxMessageSize <= 0)
            throw config.Invalid("max_message_size", "must be at least 1");
        return options;
    }
}
