using System.Text;

namespace MailServer.Imap.Tests.Scripted;

/// <summary>A reply or a pattern of one: words, strings, lists.</summary>
internal abstract record Reply
{
    internal sealed record Word(string Text) : Reply;

    internal sealed record Group(IReadOnlyList<Reply> Items) : Reply;

    /// <summary>Reads one line, in which literals stand as <c>{n}CRLF</c> and their octets.</summary>
    public static Group Parse(string line)
    {
        var at = 0;
        return new(ParseItems(line, ref at));
    }

    private static List<Reply> ParseItems(string line, ref int at)
    {
        var items = new List<Reply>();
        while (at < line.Length && line[at] != ')')
        {
            if (line[at] == ' ')
            {
                at++;
            }
            else if (line[at] == '(')
            {
                at++;
                items.Add(new Group(ParseItems(line, ref at)));
                at++;
            }
            else
            {
                items.Add(new Word(ParseWord(line, ref at)));
            }
        }

        return items;
    }

    private static string ParseWord(string line, ref int at)
    {
        // A literal8 is a string with another beginning.
        if (line[at] == '~' && line.AsSpan(at).StartsWith("~{"))
            at++;
        if (line[at] == '"')
            return ParseQuoted(line, ref at);
        if (line[at] == '{' && line.IndexOf("}\r\n", at, StringComparison.Ordinal) is var close and > 0)
        {
            var size = int.Parse(line[(at + 1)..close], System.Globalization.CultureInfo.InvariantCulture);
            var text = line.Substring(close + 3, size);
            at = close + 3 + size;
            return text;
        }

        var start = at;
        for (var depth = 0; at < line.Length; at++)
        {
            // A section and a response code are one word, blanks and all.
            if (line[at] == '[')
                depth++;
            else if (line[at] == ']')
                depth--;
            else if (depth <= 0 && line[at] is ' ' or '(' or ')' && depth <= 0)
                break;
        }

        return line[start..at];
    }

    private static string ParseQuoted(string line, ref int at)
    {
        var text = new StringBuilder();
        for (at++; at < line.Length && line[at] != '"'; at++)
        {
            if (line[at] == '\\')
                at++;
            text.Append(line[at]);
        }

        at++;
        return text.ToString();
    }
}
