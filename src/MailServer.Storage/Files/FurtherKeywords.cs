using System.Text;
using MailServer.Posix;
using Microsoft.Extensions.Logging;

namespace MailServer.Storage;

/// <summary>
/// Keywords that have no letter left, in a plain file of ours, <c>mailserver-keywords</c>: a line a message, its base name and the
/// keywords, with tabs between. Written whole at each change: folders with more than 26 keywords are rare.
/// </summary>
internal sealed class FurtherKeywords
{
    public const string FileName = "mailserver-keywords";

    /// <summary>Words of one line: a message has no more keywords than sixteen commands can give it.</summary>
    private const int MaxWords = 1024;

    private readonly Dictionary<string, string[]> _byBase = new(StringComparer.Ordinal);

    private readonly List<(string BaseName, string[] Names)> _unwritten = [];

    public FileStamp Stamp { get; private set; }

    public bool IsEmpty => _byBase.Count == 0;

    public IReadOnlyCollection<string> BaseNames => _byBase.Keys;

    public IEnumerable<string> Names => _byBase.Values.SelectMany(names => names).Distinct(StringComparer.OrdinalIgnoreCase);

    /// <exception cref="IOException">It cannot be read now.</exception>
    public static FurtherKeywords Read(string path, ILogger logger)
    {
        var file = new FurtherKeywords { Stamp = FileStamp.Of(path) };
        SideFile.ReadLines(path, SideFile.MaxFurtherKeywords, logger, file.ReadLine);
        return file;
    }

    /// <summary>Reads it and changes nothing; says what is wrong with it, or null.</summary>
    /// <exception cref="IOException">It cannot be read now.</exception>
    public static string? Check(string path, out FurtherKeywords file)
    {
        file = new FurtherKeywords();
        return SideFile.Check(path, SideFile.MaxFurtherKeywords, file.ReadLine, out _);
    }

    private bool ReadLine(string line)
    {
        if (line.Split('\t', MaxWords) is not [{ Length: > 0 } baseName, _, ..] words || baseName.Contains('\uFFFD', StringComparison.Ordinal))
            return false;
        string[] names = [.. words[1..].Where(name => name.Length > 0).Select(KeywordName.Mended).Distinct(StringComparer.OrdinalIgnoreCase)];
        var isGood = words.Skip(1).SequenceEqual(names, StringComparer.Ordinal) && !_byBase.ContainsKey(baseName);
        _byBase[baseName] = [.. Of(baseName).Union(names, StringComparer.OrdinalIgnoreCase)];
        return isGood;
    }

    public string[] Of(string baseName) => _byBase.GetValueOrDefault(baseName, []);

    /// <summary>Sets a message's keywords. Says whether anything has changed.</summary>
    public bool Set(string baseName, string[] names)
    {
        if (Of(baseName).SequenceEqual(names, StringComparer.Ordinal))
            return false;
        _unwritten.Add((baseName, Of(baseName)));
        if (names.Length == 0)
            _byBase.Remove(baseName);
        else
            _byBase[baseName] = names;
        return true;
    }

    /// <exception cref="IOException">It failed; what was set since the last time is taken back.</exception>
    public void Write(string path)
    {
        try
        {
            WriteAll(path);
        }
        catch
        {
            TakeBack();
            throw;
        }

        _unwritten.Clear();
        Stamp = FileStamp.Of(path);
    }

    private void TakeBack()
    {
        for (var i = _unwritten.Count - 1; i >= 0; i--)
            if (_unwritten[i].Names.Length == 0)
                _byBase.Remove(_unwritten[i].BaseName);
            else
                _byBase[_unwritten[i].BaseName] = _unwritten[i].Names;
        _unwritten.Clear();
    }

    private void WriteAll(string path)
    {
        var text = new StringBuilder();
        foreach (var (baseName, names) in _byBase)
            text.Append(baseName).Append('\t').AppendJoin('\t', names).Append('\n');
        DurableFile.WriteAllBytes(path, Encoding.UTF8.GetBytes(text.ToString()), DiskFile.Private);
    }
}
