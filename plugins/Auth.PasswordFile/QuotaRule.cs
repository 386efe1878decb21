using System.Globalization;

namespace MailServer.Plugins.AuthPasswordFile;

/// <summary>
/// Dovecot's extra field for what an account may hold: <c>userdb_quota_rule=*:storage=1G:messages=1000</c>
/// (https://doc.dovecot.org/2.3/configuration_manual/quota/). <c>storage</c> counts in KiB where no unit is given, <c>bytes</c> in octets;
/// 0 is no limit. Limits of single folders, and those relative to others, are Dovecot's alone.
/// </summary>
internal static class QuotaRule
{
    public const string Field = "userdb_quota_rule";

    private static readonly (char Unit, long Factor)[] Units = [('T', 1L << 40), ('G', 1L << 30), ('M', 1L << 20), ('K', 1L << 10), ('B', 1)];

    /// <summary>Reads the field's value; null when it says something else.</summary>
    public static Quota? TryRead(string rule)
    {
        if (rule.Split(':') is not ["*" or "?", .. { Length: > 0 } limits])
            return null;
        var quota = new Quota();
        foreach (var limit in limits)
        {
            if (limit == "ignore")
                continue;
            if (limit.Split('=') is not [var name, var text])
                return null;
            switch (name)
            {
                case "storage" when TryReadSize(text, 1024, out var storage):
                    quota = quota with { Storage = storage };
                    break;
                case "bytes" when TryReadSize(text, 1, out var bytes):
                    quota = quota with { Storage = bytes };
                    break;
                case "messages" when TryReadSize(text, 1, out var messages):
                    quota = quota with { Messages = messages };
                    break;
                default:
                    return null;
            }
        }

        return quota;
    }

    /// <summary>The field's value for limits; without any it says so.</summary>
    public static string Write(Quota quota)
    {
        if (!quota.HasLimit)
            return "*:storage=0:messages=0";
        var rule = "*";
        if (quota.Storage is { } storage)
        {
            var (unit, factor) = Array.Find(Units, unit => storage % unit.Factor == 0);
            rule += string.Create(CultureInfo.InvariantCulture, $":storage={storage / factor}{unit}");
        }

        return quota.Messages is { } messages ? rule + string.Create(CultureInfo.InvariantCulture, $":messages={messages}") : rule;
    }

    /// <summary>A line of the file with another rule, or, for null, without one. All else stays as it is.</summary>
    /// <param name="line">Without its end.</param>
    /// <param name="quota">The limits.</param>
    public static string Into(string line, Quota? quota)
    {
        // user:password:uid:gid:gecos:home:shell:extra; what is missing at the end may be left out.
        var fields = line.Split(':', 8);
        var extra = fields.Length == 8 ? fields[7].Split(' ').Where(field => !field.StartsWith(Field + "=", StringComparison.Ordinal)).ToList() : [];
        if (quota is not null)
        {
            extra.RemoveAll(field => field.Length == 0);
            extra.Add($"{Field}={Write(quota)}");
        }
        else if (fields.Length < 8)
            return line;

        return string.Join(':', fields.Take(7).Concat(Enumerable.Repeat("", 7 - Math.Min(fields.Length, 7))).Append(string.Join(' ', extra)));
    }

    private static bool TryReadSize(string text, long usual, out long? size)
    {
        size = null;
        var factor = text.Length > 0 ? Array.Find(Units, unit => unit.Unit == char.ToUpperInvariant(text[^1])).Factor : 0;
        if (!long.TryParse(factor > 0 ? text.AsSpan(0, text.Length - 1) : text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            || number > long.MaxValue / Math.Max(factor, usual))
            return false;
        size = number > 0 ? number * (factor > 0 ? factor : usual) : null;
        return true;
    }
}
