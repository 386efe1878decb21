using System.Globalization;

namespace MailServer.Plugins.Relay;

/// <summary>What a domain asks of mail servers for it: an MTA-STS policy (RFC 8461 §3.2).</summary>
/// <param name="Mode"><c>enforce</c>, <c>testing</c> or <c>none</c>.</param>
/// <param name="Exchanges">Names of its servers; <c>*.</c> stands for one label.</param>
/// <param name="MaxAge">How long it may be kept.</param>
internal sealed record StsPolicy(string Mode, IReadOnlyList<string> Exchanges, TimeSpan MaxAge)
{
    /// <summary>Octets of a policy: RFC 8461 §3.3 suggests 64 KiB.</summary>
    public const int MaxSize = 64 * 1024;

    /// <summary>RFC 8461 §3.2: about a year.</summary>
    private const long MaxSeconds = 31_557_600;

    public bool Allows(string host) => Exchanges.Any(pattern => pattern.StartsWith("*.", StringComparison.Ordinal)
        // RFC 8461 §4.1: the star is the whole leftmost label.
        ? host.IndexOf('.', StringComparison.Ordinal) is > 0 and var dot && host[dot..].Equals(pattern[1..], StringComparison.OrdinalIgnoreCase)
        : pattern.Equals(host, StringComparison.OrdinalIgnoreCase));

    /// <summary>Reads a policy; null when it is none.</summary>
    public static StsPolicy? Read(string text)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        var exchanges = new List<string>();
        foreach (var line in text.Split('\n'))
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon < 0)
                continue;
            var (key, value) = (line[..colon].Trim(), line[(colon + 1)..].Trim());
            if (key == "mx")
                exchanges.Add(value.TrimEnd('.'));
            else
                values.TryAdd(key, value); // RFC 8461 §3.2: of keys that come twice the first counts
        }

        return values.GetValueOrDefault("version") == "STSv1" && values.GetValueOrDefault("mode") is "enforce" or "testing" or "none"
            && long.TryParse(values.GetValueOrDefault("max_age"), NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)
            && (exchanges.Count > 0 || values["mode"] == "none")
                ? new(values["mode"], exchanges, TimeSpan.FromSeconds(Math.Min(seconds, MaxSeconds)))
                : null;
    }

    /// <summary>The id of a domain's TXT records (RFC 8461 §3.1); null when it has no policy.</summary>
    public static string? IdOf(IReadOnlyList<string> records)
    {
        var own = records.Where(text => text.StartsWith("v=STSv1;", StringComparison.Ordinal) || text == "v=STSv1").ToList();
        // More than one is none.
        if (own.Count != 1)
            return null;
        var id = own[0].Split(';').Select(part => part.Trim()).FirstOrDefault(part => part.StartsWith("id=", StringComparison.Ordinal))?[3..];
        return id is { Length: > 0 and <= 32 } && id.All(char.IsAsciiLetterOrDigit) ? id : null;
    }
}
