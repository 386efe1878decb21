using System.Globalization;

namespace MailServer.Storage;

/// <summary>What an account holds, in words for people.</summary>
public static class QuotaText
{
    private static readonly string[] UnitNames = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];

    /// <summary>As <c>823.1 MiB of 1 GiB (80 %), 1234 of 10000 messages</c>; without limits as <c>no limit</c>.</summary>
    public static string Of(QuotaUsage usage)
    {
        ArgumentNullException.ThrowIfNull(usage);
        List<string> parts = [];
        if (usage.Limit.Storage is { } storage)
            parts.Add(string.Create(CultureInfo.InvariantCulture, $"{Size(usage.Storage)} of {Size(storage)}"));
        if (usage.Limit.Messages is { } messages)
            parts.Add(string.Create(CultureInfo.InvariantCulture, $"{usage.Messages} of {messages} messages"));
        return parts.Count == 0 ? "no limit" : string.Create(CultureInfo.InvariantCulture, $"{string.Join(", ", parts)} ({Percent(usage)} %)");
    }

    /// <summary>The part of its limits that an account uses, in per cent; of two limits the nearer one.</summary>
    public static int Percent(QuotaUsage usage)
    {
        ArgumentNullException.ThrowIfNull(usage);
        return new MaildirUse(usage.Storage, usage.Messages).PercentOf(usage.Limit);
    }

    /// <summary>Octets in the largest unit that leaves a whole number before the point, as <c>1 GiB</c> or <c>823.1 MiB</c>.</summary>
    public static string Size(long octets)
    {
        var (value, unit) = ((double)octets, -1);
        while (value >= 1024 && unit < UnitNames.Length - 1)
            (value, unit) = (value / 1024, unit + 1);
        return unit < 0
            ? string.Create(CultureInfo.InvariantCulture, $"{octets} B")
            : string.Create(CultureInfo.InvariantCulture, $"{Math.Floor(value * 10) / 10:0.#} {UnitNames[unit]}");
    }
}
