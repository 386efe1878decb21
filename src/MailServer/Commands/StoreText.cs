namespace MailServer.Server.Commands;

/// <summary>Prints lines of at most a hundred columns, broken between words. A path is never broken: people copy it.</summary>
internal static class StoreText
{
    private const int Width = 100;

    /// <summary>What strangers wrote must not move a terminal's cursor.</summary>
    public static string Clean(string text) => text.Any(char.IsControl) ? string.Concat(text.Select(c => char.IsControl(c) ? '?' : c)) : text;

    /// <summary>A number and what is counted: <c>1 message</c>, <c>1,204 messages</c>.</summary>
    public static string Count(long count, string one) => Count(count, one, one + "s");

    /// <summary>The same, of a word that has no <c>s</c>.</summary>
    public static string Count(long count, string one, string many) => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{count:N0} {(count == 1 ? one : many)}");

    public static Task WriteAsync(string line, string indent) => Console.Out.WriteLineAsync(Break(line, indent));

    /// <summary>A line as lines of at most a hundred columns; those after the first begin with an indent.</summary>
    public static string Break(string line, string indent)
    {
        var text = new System.Text.StringBuilder();
        while (line.Length > Width)
        {
            var cut = line.LastIndexOf(' ', Width);
            if (cut <= indent.Length)
                cut = line.IndexOf(' ', Width);
            if (cut < 0)
                break;
            text.Append(line.AsSpan(0, cut)).Append('\n');
            line = indent + line[(cut + 1)..];
        }

        return text.Append(line).ToString();
    }
}
