using System.Text;
using MailServer.Posix;

namespace MailServer.Storage;

/// <summary>
/// Keywords that have no letter left, in a plain file of ours, <c>mailserver-keywords</c>: a line a message, its base name and the
/// keywords, with tabs between. Written whole at each change: folders with more than 26 keywords are rare.
/// </summary>
internal sealed class FurtherKeywords
{
    public const string FileName = "mailserver-keywords";

    private readonly Dictionary<string, string[]> _byBase = new(StringComparer.Ordinal);

    public FileStamp Stamp { get; private set; }

    public bool IsEmpty => _byBase.Count == 0;

    public IEnumerable<string> Names => _byBase.Values.SelectMany(names => names).Distinct(StringComparer.OrdinalIgnoreCase);

    /// <exception cref="IOException">It cannot be read.</exception>
    public static FurtherKeywords Read(string path)
    {
        var file = new FurtherKeywords { Stamp = FileStamp.Of(path) };
        if (file.Stamp == FileStamp.None)
            return file;
        foreach (var line in File.ReadLines(path))
            if (line.Split('\t') is [{ Length: > 0 } baseName, _, ..] words)
                file._byBase[baseName] = words[1..];
        return file;
    }

    public string[] Of(string baseName) => _byBase.GetValueOrDefault(baseName, []);

    /// <summary>Sets a message's keywords. Says whether anything has changed.</summary>
    public bool Set(string baseName, string[] names)
    {
        if (Of(baseName).SequenceEqual(names, StringComparer.Ordinal))
            return false;
        if (names.Length == 0)
            _byBase.Remove(baseName);
        else
            _byBase[baseName] = names;
        return true;
    }

    /// <exception cref="IOException">It failed; the old file is as it was.</exception>
    public void Write(string path)
    {
        var text = new StringBuilder();
        foreach (var (baseName, names) in _byBase)
            text.Append(baseName).Append('\t').AppendJoin('\t', names).Append('\n');
        DurableFile.WriteAllBytes(path, Encoding.UTF8.GetBytes(text.ToString()), DiskFile.Private);
        Stamp = FileStamp.Of(path);
    }
}
