using System.Globalization;
using System.Text;

namespace MailServer.Storage;

/// <summary>A level of a folder's name as a file's name that every file system takes, and back.</summary>
internal static class FolderFileName
{
    /// <summary>What Windows refuses, and <c>%</c>, which stands before what is written as a number.</summary>
    private const string Special = "%<>:\"/\\|?*";

    /// <summary>Endings by which an import knows what it has before it.</summary>
    private static readonly string[] Endings = [".mbox", ".sbd", ".eml", ".msf", ".part"];

    public static string Encode(string level)
    {
        var text = new StringBuilder();
        for (var i = 0; i < level.Length; i++)
            if (IsEncoded(level[i], i == 0 || i == level.Length - 1))
                text.Append(CultureInfo.InvariantCulture, $"%{(int)level[i]:X2}");
            else
                text.Append(level[i]);
        return text.Append(IsMisleading(level) ? "%" : "").ToString();
    }

    /// <summary>Undoes <see cref="Encode"/>, and nothing else: the <c>%20</c> of <c>a%20b</c> stays.</summary>
    public static string Decode(string name)
    {
        if (name.EndsWith('%') && IsMisleading(name[..^1]))
            name = name[..^1];
        var text = new StringBuilder();
        for (var i = 0; i < name.Length; i++)
            if (name[i] == '%' && i + 2 < name.Length && byte.TryParse(name.AsSpan(i + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var code)
                && code != '/' && IsEncoded((char)code, i == 0 || i + 3 == name.Length))
            {
                text.Append((char)code);
                i += 2;
            }
            else
                text.Append(name[i]);
        return text.ToString();
    }

    /// <summary>A subject as a part of a file's name: letters, digits and hyphens.</summary>
    public static string OfSubject(string subject, int maxLength)
    {
        var text = new StringBuilder();
        foreach (var rune in subject.EnumerateRunes())
            if (Rune.IsLetterOrDigit(rune) && text.Length + rune.Utf16SequenceLength <= maxLength)
                text.Append(rune.ToString());
            else if (text.Length > 0 && text[^1] != '-' && text.Length < maxLength)
                text.Append('-');
        return text.ToString().Trim('-');
    }

    /// <summary>
    /// The folder that a path of names becomes. What cannot be in a name becomes <c>_</c>, levels that are too many are joined, and a name
    /// that is too long is cut: two sources may then share a folder, and no message is left out.
    /// </summary>
    public static FolderName FolderOf(IEnumerable<string> levels)
    {
        List<string> safe = [.. levels.Select(Safe)];
        if (safe.Count > FolderName.MaxLevels)
            safe = [.. safe[..(FolderName.MaxLevels - 1)], string.Join('-', safe[(FolderName.MaxLevels - 1)..])];
        while (safe.Count > 0)
        {
            if (FolderName.TryParse(string.Join('/', safe), out var folder))
                return folder;
            var longest = safe.IndexOf(safe.MaxBy(level => level.Length)!);
            if (safe[longest].Length < 2)
                break;
            safe[longest] = Safe(safe[longest][..^1]);
        }

        return FolderName.Inbox;
    }

    private static string Safe(string level)
    {
        var text = new StringBuilder();
        foreach (var rune in level.EnumerateRunes())
            text.Append(Rune.IsControl(rune) || rune == Rune.ReplacementChar || rune.Value == '/' || (rune.Value == '.' && text.Length == 0) ? "_" : rune.ToString());
        return text.Length == 0 ? "_" : text.ToString();
    }

    /// <summary>Whether a directory or file of that name would be taken for something else; it gets a <c>%</c> at the end.</summary>
    private static bool IsMisleading(string name) =>
        name is "cur" or "new" or "tmp" or "mbox" || Array.Exists(Endings, ending => name.EndsWith(ending, StringComparison.OrdinalIgnoreCase));

    private static bool IsEncoded(char c, bool isAtEdge) => c < ' ' || c == '\x7f' || Special.Contains(c, StringComparison.Ordinal) || (isAtEdge && c is ('.' or ' '));
}
