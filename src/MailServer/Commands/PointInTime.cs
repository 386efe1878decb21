using System.Globalization;

namespace MailServer.Server.Commands;

/// <summary>A time as people type it: a day, a day with a time, or how long ago.</summary>
internal static class PointInTime
{
    /// <summary>Further back than any mail.</summary>
    private const int MaxDays = 36_500;

    private static readonly string[] Forms = ["yyyy-MM-dd", "yyyy-MM-dd'T'HH:mm", "yyyy-MM-dd' 'HH:mm", "yyyy-MM-dd'T'HH:mm:ss", "yyyy-MM-dd' 'HH:mm:ss", "yyyy-MM-dd'T'HH:mm:ss.fff", "yyyy-MM-dd' 'HH:mm:ss.fff"];

    /// <summary>Reads an option's value. Times are UTC unless they end in an offset.</summary>
    /// <exception cref="StoreUsageException">It is no time.</exception>
    public static DateTimeOffset? Read(string option, string? text) => Read(option, text, TimeProvider.System.GetUtcNow());

    internal static DateTimeOffset? Read(string option, string? text, DateTimeOffset now) => text is null ? null
        : TryAgo(text, out var ago) ? now - ago
        : DateTimeOffset.TryParseExact(text, [.. Forms, .. Forms.Select(form => form + "zzz"), .. Forms.Select(form => form + "'Z'")], CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time.ToUniversalTime()
        : throw new StoreUsageException(ExitCode.Wrong, $"{option} \"{text}\" is no time; as 2026-11-24, 2026-11-24T14:30 (UTC), or 3d, 12h, 30m for so long ago");

    private static bool TryAgo(string text, out TimeSpan ago)
    {
        ago = default;
        if (text.Length < 2 || !int.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var count))
            return false;
        ago = text[^1] switch
        {
            'd' => TimeSpan.FromDays(Math.Min(count, MaxDays)),
            'h' => TimeSpan.FromHours(Math.Min(count, MaxDays * 24)),
            'm' => TimeSpan.FromMinutes(Math.Min(count, MaxDays * 24 * 60)),
            _ => default,
        };
        return text[^1] is 'd' or 'h' or 'm';
    }
}
