using System.Globalization;
using System.Text;

namespace MailServer.Storage;

/// <summary>
/// What an export of single files keeps beside them, in <c>mailserver-flags</c>: a line a file, with its name, INTERNALDATE, the letters of
/// its flags (as in a Maildir), and its keywords, with tabs between. So the files themselves are the messages, octet for octet.
/// </summary>
internal sealed class EmlList
{
    public const string FileName = "mailserver-flags";

    private readonly Dictionary<string, (MessageFlags Flags, DateTimeOffset Date)> _byName = new(StringComparer.Ordinal);

    /// <exception cref="IOException">It cannot be read.</exception>
    public static EmlList Read(string directory)
    {
        var list = new EmlList();
        var path = Path.Combine(directory, FileName);
        if (File.Exists(path))
            foreach (var line in File.ReadLines(path))
                if (line.Split('\t') is [var name, var date, var letters, .. var keywords]
                    && DateTimeOffset.TryParse(date, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var given))
                    list._byName[name] = (KeywordName.Allowed(new() { System = Parse(letters), Keywords = keywords }), given);
        return list;
    }

    public (MessageFlags Flags, DateTimeOffset Date)? Find(string name) => _byName.TryGetValue(name, out var found) ? found : null;

    public static string Format(string name, MessageFlags flags, DateTimeOffset date)
    {
        var line = new StringBuilder(name).Append('\t').Append(date.UtcDateTime.ToString("o", CultureInfo.InvariantCulture));
        line.Append('\t').Append(string.Concat(FlagLetters.Of(flags.System)));
        foreach (var keyword in flags.Keywords)
            line.Append('\t').Append(keyword);
        return line.Append('\n').ToString();
    }

    private static SystemFlags Parse(string letters) => letters.Aggregate(SystemFlags.None, (flags, letter) => flags | FlagLetters.Parse(letter));
}
