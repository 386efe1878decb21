using System.IO.Enumeration;

namespace MailServer.Storage;

/// <summary>Counts messages and their octets on disk. A file whose name says <c>S=</c> is not looked at, as Dovecot does it.</summary>
internal static class MaildirCount
{
    /// <exception cref="IOException">A directory cannot be read.</exception>
    public static MaildirUse Of(IEnumerable<string> folders)
    {
        var found = default(MaildirUse);
        foreach (var directory in folders.SelectMany(folder => new[] { Path.Combine(folder, "new"), Path.Combine(folder, "cur") }).Where(Directory.Exists))
            foreach (var size in new FileSystemEnumerable<long>(directory, SizeOf) { ShouldIncludePredicate = IsMessage })
                found += new MaildirUse(size, 1);
        return found;
    }

    private static bool IsMessage(ref FileSystemEntry entry) => MessageName.IsMessage(entry.FileName);

    private static long SizeOf(ref FileSystemEntry entry) => MessageName.SizesOf(entry.FileName).FileSize is >= 0 and var size ? size : entry.Length;
}
