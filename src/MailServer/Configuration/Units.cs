using System.Globalization;

namespace MailServer.Server.Configuration;

/// <summary>Reads sizes (<c>50MiB</c>) and times (<c>5m</c>): digits and a unit, nothing else.</summary>
internal static class Units
{
    private static readonly (string Unit, long Factor)[] Sizes = [("KiB", 1L << 10), ("MiB", 1L << 20), ("GiB", 1L << 30), ("B", 1)];

    // The longest first: "ms" ends in "s".
    private static readonly (string Unit, long Factor)[] Times =
    [
        ("ms", TimeSpan.TicksPerMillisecond), ("s", TimeSpan.TicksPerSecond), ("m", TimeSpan.TicksPerMinute),
        ("h", TimeSpan.TicksPerHour), ("d", TimeSpan.TicksPerDay),
    ];

    public static bool TryReadSize(string text, out long size) => TryRead(text, Sizes, out size);

    public static bool TryReadTime(string text, out TimeSpan time)
    {
        var isRead = TryRead(text, Times, out var ticks);
        time = new(ticks);
        return isRead;
    }

    /// <summary>A time as a person writes it: <c>5m</c>, <c>1500ms</c>.</summary>
    public static string Write(TimeSpan time)
    {
        foreach (var (unit, factor) in Times.Reverse())
            if (time.Ticks % factor == 0)
                return $"{time.Ticks / factor}{unit}";
        return $"{(long)time.TotalMilliseconds}ms";
    }

    private static bool TryRead(string text, (string Unit, long Factor)[] units, out long value)
    {
        value = 0;
        foreach (var (unit, factor) in units)
        {
            if (!text.EndsWith(unit, StringComparison.Ordinal))
                continue;
            if (!long.TryParse(text.AsSpan(0, text.Length - unit.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var count)
                || count > long.MaxValue / factor)
                return false;
            value = count * factor;
            return true;
        }

        return false;
    }
}
