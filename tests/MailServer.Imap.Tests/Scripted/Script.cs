using System.Text;

namespace MailServer.Imap.Tests.Scripted;

/// <summary>One command with what is expected of it.</summary>
internal sealed class Step
{
    public required int Line { get; init; }

    public required int Connection { get; init; }

    public required string Command { get; init; }

    /// <summary>OK, NO, BAD, or empty for any.</summary>
    public string? Status { get; set; }

    public string Prefix { get; set; } = "";

    public List<string> Wanted { get; } = [];

    public List<string> Unwanted { get; } = [];
}

/// <summary>A scripted test of imaptest (scripted_test.md).</summary>
internal sealed class Script
{
    private static readonly string[] Statuses = ["ok", "no", "bad", "\"\""];

    public Dictionary<string, string> Header { get; } = [];

    public List<Step> Steps { get; } = [];

    public List<(DateTime Date, string Zone, string Text)> Messages { get; } = [];

    public int Connections => int.Parse(Header.GetValueOrDefault("connections", "1"), System.Globalization.CultureInfo.InvariantCulture);

    public static Script Read(string file)
    {
        var script = new Script();
        var lines = Unfold(File.ReadAllText(file, Encoding.Latin1).Split('\n'));
        var at = 0;
        for (; at < lines.Count && (lines[at] is ['#', ..] || lines[at].Contains(": ", StringComparison.Ordinal)) && !lines[at].StartsWith("* ", StringComparison.Ordinal); at++)
            if (lines[at].Split(": ", 2) is [var key, var value] && key[0] != '#')
                script.Header[key] = value.Trim();
        var skips = false;
        for (; at < lines.Count; at++)
        {
            var line = lines[at];
            if (line.StartsWith("!ifenv", StringComparison.Ordinal))
                skips = true;
            else if (line.StartsWith("!else", StringComparison.Ordinal))
                skips = !skips;
            else if (line.StartsWith("!endif", StringComparison.Ordinal) || line.StartsWith("!ifnenv", StringComparison.Ordinal))
                skips = false;
            else if (!skips && line.Trim().Length > 0 && line[0] != '#')
                script.Add(line, at + 1);
        }

        var mbox = File.Exists(file + ".mbox") ? file + ".mbox" : Path.Combine(Path.GetDirectoryName(file)!, "default.mbox");
        script.ReadMessages(File.ReadAllText(mbox, Encoding.Latin1).ReplaceLineEndings("\n"));
        return script;
    }

    // {{{ begins and }}} ends a literal of whole lines, ~{{{ one of octets as they stand; it becomes {n}CRLF and its octets.
    private static List<string> Unfold(string[] lines)
    {
        var unfolded = new List<string>();
        for (var i = 0; i < lines.Length; i++)
        {
            var line = lines[i];
            while (line.EndsWith("{{{", StringComparison.Ordinal))
            {
                var literal = new List<string>();
                for (i++; !lines[i].StartsWith("}}}", StringComparison.Ordinal); i++)
                    literal.Add(lines[i]);
                var isRaw = line.EndsWith("~{{{", StringComparison.Ordinal);
                var text = string.Join(isRaw ? "\n" : "\r\n", literal);
                line = $"{line[..^(isRaw ? 4 : 3)]}{{{text.Length}}}\r\n{text}{lines[i][3..]}";
            }

            unfolded.Add(line);
        }

        return unfolded;
    }

    private void Add(string line, int number)
    {
        if (line.StartsWith("* ", StringComparison.Ordinal))
        {
            Steps[^1].Wanted.Add(line[2..]);
            return;
        }

        // A reply that may come or not.
        if (line.StartsWith("? ", StringComparison.Ordinal))
            return;

        if (line.StartsWith("! ", StringComparison.Ordinal))
        {
            Steps[^1].Unwanted.Add(line[2..]);
            return;
        }

        var connection = 0;
        if (Connections > 1)
        {
            connection = line[0] - '1';
            line = line[2..];
        }

        var words = line.Split(' ', 2);
        var status = Statuses.Contains(words[0].ToLowerInvariant()) ? words[0].Trim('"').ToUpperInvariant() : null;
        if (status is not null && Steps is [.., { Status: null } open])
            (open.Status, open.Prefix) = (status, words.Length > 1 ? words[1] : "");
        else
            Steps.Add(new() { Line = number, Connection = connection, Status = status, Command = status is null ? line : words[1] });
    }

    // The empty line before the next "From " belongs to the message, as in imaptest.
    private void ReadMessages(string mbox)
    {
        var texts = ("\n" + mbox).Split("\nFrom ");
        for (var i = 1; i < texts.Length; i++)
        {
            var end = texts[i].IndexOf('\n', StringComparison.Ordinal);
            var from = texts[i][..end];
            var words = from[(from.IndexOf("  ", StringComparison.Ordinal) + 2)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
            var date = DateTime.ParseExact(string.Join(' ', words.Take(5)), "ddd MMM d HH:mm:ss yyyy", System.Globalization.CultureInfo.InvariantCulture);
            var text = (texts[i][(end + 1)..] + (i < texts.Length - 1 ? "\n" : "")).ReplaceLineEndings("\r\n");
            Messages.Add((date, words.Length > 5 ? words[5] : "+0000", text));
        }
    }
}
