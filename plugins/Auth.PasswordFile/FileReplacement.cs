namespace MailServer.Plugins.AuthPasswordFile;

/// <summary>Puts new bytes in a file's place, with its mode and owner.</summary>
internal static class FileReplacement
{
    /// <summary>Durable when it returns.</summary>
    /// <exception cref="IOException">It failed; the old file is as it was.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be done; the old file is as it was.</exception>
    public static void Write(string path, IEnumerable<ReadOnlyMemory<byte>> parts)
    {
        if (Libc.StatusOf(path) is not { } old)
            throw new IOException("it is gone");

        var draft = $"{path}.{Environment.ProcessId}.tmp";
        var options = new FileStreamOptions
        {
            Mode = FileMode.Create,             // the lock is held: a draft that is there was left by a crash
            Access = FileAccess.Write,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        };
        try
        {
            using (var file = new FileStream(draft, options))
            {
                // Owner first: a change of owner clears bits of the mode. Without the right to keep the owner nothing is changed, since
                // other programs that read the file (a Dovecot beside us) would be shut out.
                if (!Libc.TryChangeOwner(file.SafeFileHandle, old.User, old.Group))
                    throw new UnauthorizedAccessException("its owner and group cannot be kept by this user");
                File.SetUnixFileMode(file.SafeFileHandle, (UnixFileMode)(old.Mode & 0xFFF));
                foreach (var part in parts)
                    file.Write(part.Span);
                file.Flush(flushToDisk: true);

                // A second earlier than true: so the change time of the rename is later for certain, which tells readers that writing is over.
                File.SetLastWriteTimeUtc(file.SafeFileHandle, File.GetLastWriteTimeUtc(file.SafeFileHandle).AddSeconds(-1));
            }

            File.Move(draft, path, overwrite: true);
        }
        catch
        {
            File.Delete(draft);
            throw;
        }

        Libc.SyncDirectory(Path.GetDirectoryName(path)!);
    }
}
