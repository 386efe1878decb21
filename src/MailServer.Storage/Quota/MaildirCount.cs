using System.IO.Enumeration;

namespace MailServer.Storage;

/// <summary>Counts messages and their octets on disk. A file whose name says <c>S=</c> is not looked at, as Dovecot does it.</summary>
internal static class MaildirCount
{
    /// <exception cref="IOException">A directory cannot be read.</exception>
    public static (long Storage, long Messages) Of(IEnumerable<string> folders)
    {
        var (storage, messages) = (0L, 0L);
        foreach (var directory in folders.SelectMany(folder => new[] { Path.Combine(folder, "new"), Path.Combine(folder, "cur") }).Where(Directory.Exists))
            foreach (var size in new FileSystemEnumerable<long>(directory, SizeOf) { ShouldIncludePredicate = IsMessage })
                (storage, messages) = (storage + size, messages + 1);
        return (storage, messages);
    }

    private static bool IsMessage(ref FileSystemEntry entry) => MessageName.IsMessage(entry.FileName);

    private static long SizeOf(ref FileSystemEntry entry) => MessageName.SizesOf(entry.FileName).FileSize is >= 0 and var size ? size : entry.Length;
}
