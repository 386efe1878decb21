namespace MailServer.Rules;

/// <summary>Spans of time as one says them.</summary>
public static class Durations
{
    /// <summary>So many days.</summary>
    /// <example><code>Remember("seen", 7.Days());</code></example>
    public static TimeSpan Days(this int count) => TimeSpan.FromDays(count);

    /// <summary>So many hours.</summary>
    /// <example><code>if (Mail.Received - Mail.Date > 12.Hours()) AddFlag("$Late");</code></example>
    public static TimeSpan Hours(this int count) => TimeSpan.FromHours(count);

    /// <summary>So many minutes.</summary>
    /// <example><code>Remember("alarm", 30.Minutes());</code></example>
    public static TimeSpan Minutes(this int count) => TimeSpan.FromMinutes(count);
}
