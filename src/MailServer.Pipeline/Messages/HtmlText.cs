using System.Buffers;
using System.Net;
using System.Text;

namespace MailServer.Pipeline;

/// <summary>
/// Turns HTML into the text that one reads: without tags, comments, scripts and styles, with line ends where blocks end. One pass over the
/// text, whatever it holds; what is hidden by styles is read all the same.
/// </summary>
internal static class HtmlText
{
    private static readonly SearchValues<char> TagEnds = SearchValues.Create(">\"'");

    // Their content is not shown (HTML, "The elements of HTML").
    private static readonly string[] Unseen = ["script", "style", "title", "template"];

    private static readonly HashSet<string> Blocks = new(StringComparer.OrdinalIgnoreCase)
    {
        "address", "article", "blockquote", "br", "center", "dd", "div", "dl", "dt", "fieldset", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6",
        "header", "hr", "li", "main", "nav", "ol", "p", "pre", "section", "table", "tbody", "td", "th", "tr", "ul",
    };

    /// <summary>Adds the text of a document.</summary>
    public static void Append(string html, StringBuilder text)
    {
        var seen = new StringBuilder();
        var rest = html.AsSpan();
        while (!rest.IsEmpty)
        {
            var tag = rest.IndexOf('<');
            var start = seen.Length;
            seen.Append(tag < 0 ? rest : rest[..tag]);
            seen.Replace('\n', ' ', start, seen.Length - start);
            rest = tag < 0 ? [] : SkipTag(rest[tag..], seen);
        }

        AppendFolded(WebUtility.HtmlDecode(seen.ToString()), text);
    }

    private static ReadOnlySpan<char> SkipTag(ReadOnlySpan<char> rest, StringBuilder seen)
    {
        if (rest.StartsWith("<!--"))
            return rest[4..].IndexOf("-->") is >= 0 and var end ? rest[(4 + end + 3)..] : [];
        // A lone "<" is text: "1 < 2".
        if (rest.Length < 2 || !(char.IsAsciiLetter(rest[1]) || rest[1] is '/' or '!' or '?'))
        {
            seen.Append('<');
            return rest[1..];
        }

        var name = NameOf(rest);
        if (Blocks.GetAlternateLookup<ReadOnlySpan<char>>().Contains(name))
            seen.Append('\n');
        var after = AfterTag(rest);
        foreach (var unseen in Unseen)
            if (rest[1] != '/' && name.Equals(unseen, StringComparison.OrdinalIgnoreCase))
                return after.IndexOf($"</{unseen}", StringComparison.OrdinalIgnoreCase) is >= 0 and var close ? AfterTag(after[close..]) : [];
        return after;
    }

    private static ReadOnlySpan<char> NameOf(ReadOnlySpan<char> tag)
    {
        tag = tag[(tag[1] == '/' ? 2 : 1)..];
        var length = 0;
        while (length < tag.Length && char.IsAsciiLetterOrDigit(tag[length]))
            length++;
        return tag[..length];
    }

    // A ">" within a quoted attribute does not end the tag.
    private static ReadOnlySpan<char> AfterTag(ReadOnlySpan<char> tag)
    {
        while (tag.IndexOfAny(TagEnds) is >= 0 and var at)
        {
            var found = tag[at];
            tag = tag[(at + 1)..];
            if (found == '>')
                return tag;
            tag = tag.IndexOf(found) is >= 0 and var close ? tag[(close + 1)..] : [];
        }

        return [];
    }

    // White space is one blank, and line ends are those of blocks; what has no width would only hide words.
    private static void AppendFolded(string seen, StringBuilder text)
    {
        var pending = '\0';
        foreach (var c in seen)
            if (c is '\u00AD' or '\u034F' or (>= '\u200B' and <= '\u200F') or '\u2060' or '\uFEFF')
                continue;
            else if (char.IsWhiteSpace(c))
                pending = c == '\n' || pending == '\n' ? '\n' : ' ';
            else
            {
                if (pending != '\0' && text.Length > 0)
                    text.Append(pending);
                pending = '\0';
                text.Append(c);
            }
    }
}
