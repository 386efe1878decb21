using System.Text;
using System.Text.RegularExpressions;

namespace MailServer.Imap.Tests.Scripted;

/// <summary>Compares replies with patterns: <c>$variables</c>, lists in any order, directives (scripted_test.md of imaptest).</summary>
internal sealed partial class Matcher(Dictionary<string, string> variables)
{
    private static readonly string[] Statuses = ["OK", "NO", "BAD", "BYE", "PREAUTH"];

    /// <summary>Puts values in place of variables, for a command.</summary>
    public string Expand(string text) => Variable().Replace(text, match => match.Value == "$$" ? "$" : variables.GetValueOrDefault(NameOf(match)) ?? match.Value);

    /// <summary>Whether a reply fits; then variables without a value take theirs.</summary>
    /// <param name="number">The reply's sequence number as it was when the command began.</param>
    public bool Matches(Reply.Group pattern, Reply.Group reply, string? number)
    {
        var taken = new Dictionary<string, string>(variables);
        if (!MatchesLine(pattern, reply, number, taken))
            return false;
        foreach (var (name, value) in taken)
            variables[name] = value;
        return true;
    }

    public bool MatchesText(string pattern, string text)
    {
        var taken = new Dictionary<string, string>(variables);
        if (!MatchesWord(pattern, text, taken, isPrefix: true))
            return false;
        foreach (var (name, value) in taken)
            variables[name] = value;
        return true;
    }

    private static bool MatchesLine(Reply.Group pattern, Reply.Group reply, string? number, Dictionary<string, string> taken)
    {
        var (wanted, actual) = (pattern.Items, reply.Items);
        var isStatus = actual is [Reply.Word { Text: var status }, ..] && Statuses.Contains(status, StringComparer.OrdinalIgnoreCase);
        if (wanted.Count > actual.Count || (!isStatus && wanted.Count != actual.Count))
            return false;
        for (var i = 0; i < wanted.Count; i++)
        {
            if (i == 0 && wanted[0] is Reply.Word { Text: ['$', >= '1' and <= '9', ..] first })
            {
                if (first[1..] != number)
                    return false;
            }
            else if (!Matches(wanted[i], actual[i], DefaultOf(actual, i), taken))
            {
                return false;
            }
        }

        return true;
    }

    private static string DefaultOf(IReadOnlyList<Reply> line, int index)
    {
        var (first, second) = ((line[0] as Reply.Word)?.Text.ToUpperInvariant(), (line.Count > 1 ? line[1] as Reply.Word : null)?.Text.ToUpperInvariant());
        return (first, second, index) switch
        {
            (_, "FETCH", 2) => "fetch",
            ("STATUS", _, 2) => "$!unordered=2",
            ("LIST" or "LSUB", _, 1) => "$!unordered",
            ("FLAGS", _, 1) => "$!unordered",
            _ => "",
        };
    }

    private static bool Matches(Reply wanted, Reply actual, string rule, Dictionary<string, string> taken)
    {
        if (wanted is Reply.Word { Text: "$" })
            return true;
        if (wanted is Reply.Word word)
            return actual is Reply.Word other && MatchesWord(word.Text, other.Text, taken, isPrefix: false);
        if (wanted is not Reply.Group { Items: var items } || actual is not Reply.Group group)
            return false;

        var directives = items.OfType<Reply.Word>().Select(one => one.Text).Where(text => text.StartsWith("$!", StringComparison.Ordinal)).ToList();
        items = [.. items.Where(item => item is not Reply.Word { Text: ['$', '!', ..] })];
        var inFetch = rule == "fetch";
        if (inFetch)
            rule = "$!unordered=2";
        if (directives.Count == 0 && rule == "flags")
            directives = ["$!unordered", "$!noextra", "$!ignore=\\recent"];
        if (directives.Count == 0 && rule.Length > 0)
            directives = [rule];
        var unordered = directives.Find(one => one.StartsWith("$!unordered", StringComparison.Ordinal));
        if (unordered is null)
            return items.Count == group.Items.Count && items.Zip(group.Items).All(pair => Matches(pair.First, pair.Second, "", taken));
        var chain = unordered.Contains('=', StringComparison.Ordinal) ? int.Parse(unordered[12..], System.Globalization.CultureInfo.InvariantCulture) : 1;
        return MatchesUnordered(items, group.Items, chain, directives, inFetch, taken);
    }

    private static bool MatchesUnordered(
        IReadOnlyList<Reply> wanted, IReadOnlyList<Reply> actual, int chain, List<string> directives, bool inFetch, Dictionary<string, string> taken)
    {
        var left = actual.Chunk(chain).ToList();
        foreach (var one in wanted.Chunk(chain))
        {
            var found = left.FindIndex(other => other.Length == one.Length && Enumerable.Range(0, one.Length)
                .All(i => Matches(one[i], other[i], inFetch && i == 1 && IsFlags(other[0]) ? "flags" : "", taken)));
            if (found < 0)
                return false;
            left.RemoveAt(found);
        }

        var ignored = directives.Where(one => one.StartsWith("$!ignore=", StringComparison.Ordinal)).Select(one => one[9..]);
        var banned = directives.Where(one => one.StartsWith("$!ban=", StringComparison.Ordinal)).Select(one => one[6..]);
        left.RemoveAll(one => one[0] is Reply.Word { Text: var text } && ignored.Contains(text, StringComparer.OrdinalIgnoreCase));
        if (left.Exists(one => one[0] is Reply.Word { Text: var text } && banned.Contains(text, StringComparer.OrdinalIgnoreCase)))
            return false;
        return left.Count == 0 || !directives.Contains("$!noextra");
    }

    private static bool IsFlags(Reply reply) => reply is Reply.Word { Text: var text } && text.Equals("FLAGS", StringComparison.OrdinalIgnoreCase);

    private static bool MatchesWord(string pattern, string text, Dictionary<string, string> taken, bool isPrefix)
    {
        var regex = new StringBuilder("^");
        var names = new List<string>();
        var at = 0;
        foreach (Match match in Variable().Matches(pattern))
        {
            regex.Append(Regex.Escape(pattern[at..match.Index]));
            at = match.Index + match.Length;
            var name = NameOf(match);
            if (match.Value == "$$")
                regex.Append("\\$");
            else if (name.StartsWith("case:", StringComparison.Ordinal))
                regex.Append("(?-i:").Append(string.Join('|', name[5..].Split('/').Select(Regex.Escape))).Append(')');
            else if (match.Value == "$")
                regex.Append(".*?");
            else if (taken.TryGetValue(name, out var value))
                regex.Append(Regex.Escape(value));
            else
                regex.Append("(?<v").Append(Add(names, name)).Append(">.*?)");
        }

        regex.Append(Regex.Escape(pattern[at..]));
        if (!isPrefix)
            regex.Append('$');
        var result = Regex.Match(text, regex.ToString(), RegexOptions.IgnoreCase | RegexOptions.Singleline);
        for (var i = 0; result.Success && i < names.Count; i++)
            taken[names[i]] = result.Groups[$"v{i}"].Value;
        return result.Success;
    }

    private static int Add(List<string> names, string name)
    {
        names.Add(name);
        return names.Count - 1;
    }

    private static string NameOf(Match match) => match.Groups[1].Success ? match.Groups[1].Value : match.Groups[2].Value;

    [GeneratedRegex(@"\$\$|\$\{([^}]+)\}|\$([A-Za-z_0-9]+)|\$")]
    private static partial Regex Variable();
}
