using System.Globalization;
using MailServer.Posix;

namespace MailServer.Storage;

/// <summary>
/// The files of an account's journal: <c>mailserver-journal-2026-11</c>, and, when that is full, <c>mailserver-journal-2026-11.2</c> and so on.
/// The month is in the name from the first line on, so no file is ever renamed, and several programs may write.
/// </summary>
internal static class JournalFiles
{
    public const string Prefix = "mailserver-journal-";

    /// <summary>Octets of one file: an editor opens it, and what is too old goes in steps of a few per cent of the whole.</summary>
    public const long MaxFile = 64L << 20;

    /// <summary>Octets of all of an account's: half a million messages, each filed, read and moved. A client that toggles a flag for ever fills no disk.</summary>
    public const long MaxTotal = 1L << 30;

    public static string NameOf(DateTimeOffset time, int part) => part == 1
        ? Prefix + time.ToString("yyyy-MM", CultureInfo.InvariantCulture)
        : string.Create(CultureInfo.InvariantCulture, $"{Prefix}{time:yyyy-MM}.{part}");

    /// <summary>All of them, oldest first.</summary>
    /// <exception cref="IOException">The directory cannot be read.</exception>
    public static List<(string Path, DateTimeOffset Month, int Part)> All(string root)
    {
        List<(string Path, DateTimeOffset Month, int Part)> files = [];
        foreach (var path in Directory.Exists(root) ? Directory.EnumerateFiles(root, Prefix + "*") : [])
            if (TryRead(Path.GetFileName(path)[Prefix.Length..], out var month, out var part))
                files.Add((path, month, part));
        files.Sort(static (left, right) => (left.Month, left.Part).CompareTo((right.Month, right.Part)));
        return files;
    }

    /// <summary>Whether a file of these names tells of the same time as another, or of a later one.</summary>
    public static bool IsNotBefore(string name, string other) =>
        TryReadName(other) is not { } before || (TryReadName(name) is { } that && that.CompareTo(before) >= 0);

    private static (DateTimeOffset Month, int Part)? TryReadName(string name) =>
        name.StartsWith(Prefix, StringComparison.Ordinal) && TryRead(name[Prefix.Length..], out var month, out var part) ? (month, part) : null;

    /// <summary>Removes what is too old, or too much. The newest stays.</summary>
    /// <exception cref="IOException">The directory cannot be read.</exception>
    public static void Sweep(string root, DateTimeOffset oldest)
    {
        var files = All(root);
        var total = files.Sum(file => new FileInfo(file.Path) is { Exists: true } info ? info.Length : 0);
        foreach (var (path, month, _) in files.SkipLast(1))
        {
            if (month.AddMonths(1) > oldest && total <= MaxTotal)
                return;
            total -= new FileInfo(path) is { Exists: true } info ? info.Length : 0;
            DurableFile.TryUnlink(path);
        }
    }

    private static bool TryRead(string text, out DateTimeOffset month, out int part)
    {
        var dot = text.IndexOf('.', StringComparison.Ordinal);
        part = 1;
        return DateTimeOffset.TryParseExact(
                dot < 0 ? text : text[..dot], "yyyy-MM", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out month)
            && (dot < 0 || int.TryParse(text.AsSpan(dot + 1), NumberStyles.None, CultureInfo.InvariantCulture, out part));
    }
}
