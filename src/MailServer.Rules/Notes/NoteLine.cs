using System.Globalization;
using System.Text;

namespace MailServer.Rules;

/// <summary>A line of the notes' file: <c>+ until key value</c> or <c>- key</c> with tabs between; until in seconds since 1970, tabs, line ends and backslashes escaped.</summary>
internal static class NoteLine
{
    public static void Append(StringBuilder text, NoteChange change)
    {
        if (change.Value is null)
            text.Append("-\t");
        else
            text.Append("+\t").Append(change.Until.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture)).Append('\t');
        AppendEscaped(text, change.Key);
        if (change.Value is not null)
            AppendEscaped(text.Append('\t'), change.Value);
        text.Append('\n');
    }

    /// <summary>Null for a line that is broken, as the last one may be after a crash.</summary>
    public static NoteChange? Read(string line) => line.Split('\t') switch
    {
        ["-", var key] => new(Unescape(key), null, default),
        ["+", var until, var key, var value] when long.TryParse(until, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) && seconds < 253_402_300_800 =>
            new(Unescape(key), Unescape(value), DateTimeOffset.FromUnixTimeSeconds(seconds)),
        _ => null,
    };

    private static void AppendEscaped(StringBuilder text, string value)
    {
        foreach (var c in value)
            _ = c switch
            {
                '\\' => text.Append("\\\\"),
                '\t' => text.Append("\\t"),
                '\n' => text.Append("\\n"),
                '\r' => text.Append("\\r"),
                _ => text.Append(c),
            };
    }

    private static string Unescape(string text)
    {
        if (!text.Contains('\\', StringComparison.Ordinal))
            return text;
        var plain = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length; i++)
            plain.Append(text[i] != '\\' || i + 1 == text.Length ? text[i] : text[++i] switch { 't' => '\t', 'n' => '\n', 'r' => '\r', var c => c });
        return plain.ToString();
    }
}
