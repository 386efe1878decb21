namespace MailServer.Storage;

/// <summary>Files of ours that are built from others, so that they may be removed at any time.</summary>
internal static class CacheFiles
{
    /// <summary>Of a folder, and for INBOX of the account; a database's log before it, since SQLite would apply it to the next of that name.</summary>
    public static IReadOnlyList<string> In(string directory) =>
        [.. Directory.EnumerateFiles(directory, "mailserver-*").Where(path => IsCache(Path.GetFileName(path))).OrderDescending(StringComparer.Ordinal)];

    /// <summary>The index, structures and search; not keywords and special uses, which are nowhere else, nor the journal, nor what was kept because it was not ours.</summary>
    public static bool IsCache(string name) =>
        !BrokenFile.IsKept(name)
        && (name.StartsWith("mailserver-index", StringComparison.Ordinal) || name.StartsWith("mailserver-structure", StringComparison.Ordinal)
            || name.StartsWith("mailserver-search", StringComparison.Ordinal));
}
