using System.Globalization;
using System.Text;
using MailServer.Posix;
using Microsoft.Extensions.Logging;

namespace MailServer.Storage;

/// <summary>
/// The keywords of a folder: the first 26 have the letters <c>a</c> to <c>z</c> in <c>dovecot-keywords</c> (a line <c>index name</c> each).
/// Immutable; a change makes a new one.
/// </summary>
internal sealed class KeywordFile
{
    public const string FileName = "dovecot-keywords";

    public const int Letters = 26;

    private readonly string?[] _names = new string?[Letters];

    public static KeywordFile Empty { get; } = new();

    public FileStamp Stamp { get; init; }

    /// <summary>All names that have a letter.</summary>
    public IEnumerable<string> Names => _names.OfType<string>();

    /// <exception cref="IOException">It cannot be read now.</exception>
    public static KeywordFile Read(string path, ILogger logger)
    {
        var file = new KeywordFile { Stamp = FileStamp.Of(path) };
        SideFile.ReadLines(path, SideFile.MaxKeywords, logger, file.ReadLine);
        return file;
    }

    /// <summary>Reads it and changes nothing; says what is wrong with it, or null.</summary>
    /// <exception cref="IOException">It cannot be read now.</exception>
    public static string? Check(string path, out KeywordFile file)
    {
        file = new KeywordFile();
        return SideFile.Check(path, SideFile.MaxKeywords, file.ReadLine, out _);
    }

    /// <summary>Reads <c>index name</c>. A name that IMAP cannot say is mended: its letter stays taken, since file names have it.</summary>
    private bool ReadLine(string line)
    {
        var blank = line.IndexOf(' ', StringComparison.Ordinal);
        if (blank <= 0 || line.Length == blank + 1 || !int.TryParse(line.AsSpan(0, blank), NumberStyles.None, CultureInfo.InvariantCulture, out var index)
            || index >= Letters)
            return false;
        var name = line[(blank + 1)..];
        var mended = KeywordName.Mended(name);
        if (LetterOf(mended) is not '\0' and var taken && taken != 'a' + index)
            mended += $"_{(char)('a' + index)}";
        var isGood = mended == name && _names[index] is null;
        _names[index] = mended;
        return isGood;
    }

    public string? NameOf(char letter) => letter is >= 'a' and <= 'z' ? _names[letter - 'a'] : null;

    /// <summary>The letter of a keyword, compared without case (RFC 9051 §2.3.2); NUL when it has none.</summary>
    public char LetterOf(string name)
    {
        var index = Array.FindIndex(_names, known => string.Equals(known, name, StringComparison.OrdinalIgnoreCase));
        return index < 0 ? '\0' : (char)('a' + index);
    }

    /// <summary>With letters for more keywords, as far as letters are free.</summary>
    /// <param name="names">The keywords.</param>
    /// <param name="used">Letters that file names have: one of them without a name is another program's, or was lost, and is not given.</param>
    public KeywordFile With(IEnumerable<string> names, IReadOnlySet<char> used)
    {
        var grown = new KeywordFile { Stamp = Stamp };
        _names.CopyTo(grown._names, 0);
        foreach (var name in names)
            if (grown.LetterOf(name) == '\0'
                && Enumerable.Range(0, Letters).FirstOrDefault(index => grown._names[index] is null && !used.Contains((char)('a' + index)), -1) is >= 0 and var free)
                grown._names[free] = name;
        return grown;
    }

    /// <summary>Replaces the file. The caller holds the lock of the folder's UID list, as Dovecot does.</summary>
    /// <exception cref="IOException">It failed; the old file is as it was.</exception>
    public KeywordFile Write(string path)
    {
        var text = new StringBuilder();
        for (var index = 0; index < Letters; index++)
            if (_names[index] is { } name)
                text.Append(CultureInfo.InvariantCulture, $"{index} {name}\n");
        DurableFile.WriteAllBytes(path, Encoding.UTF8.GetBytes(text.ToString()), DiskFile.Private);
        var written = new KeywordFile { Stamp = FileStamp.Of(path) };
        _names.CopyTo(written._names, 0);
        return written;
    }
}
