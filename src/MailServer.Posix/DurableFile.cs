using System.Runtime.InteropServices;

namespace MailServer.Posix;

/// <summary>File operations whose result outlives a power cut, or that never replace a file by accident.</summary>
public static class DurableFile
{
    /// <summary>Makes the names within a folder durable (fsync of the folder), which .NET cannot.</summary>
    /// <exception cref="PosixException">The folder cannot be opened or written out.</exception>
    public static void SyncDirectory(string directory)
    {
        DiskProbe.Before(DiskCall.SyncDirectory, directory);
        var descriptor = Libc.Open(directory, Libc.DirectoryFlags);
        if (descriptor < 0)
            throw Failed("open", directory);
        try
        {
            // EINVAL: some network file systems cannot sync a folder; they order names themselves.
            while (Libc.Fsync(descriptor) != 0 && Marshal.GetLastPInvokeError() is not Libc.Invalid and var error)
                if (error != Libc.Interrupted)
                    throw new PosixException("fsync", directory, error);
        }
        finally
        {
            _ = Libc.Close(descriptor);
        }

        DiskProbe.After(DiskCall.SyncDirectory, directory);
    }

    /// <summary>Gives a file a second name. Never replaces a file.</summary>
    /// <exception cref="PosixException">See <see cref="PosixException.IsAlreadyThere"/>, <see cref="PosixException.IsOtherDevice"/>.</exception>
    public static void Link(string existing, string created)
    {
        DiskProbe.Before(DiskCall.Link, existing, created);
        if (Libc.Link(existing, created) != 0)
            throw Failed("link", created);
        DiskProbe.After(DiskCall.Link, existing, created);
    }

    /// <summary>Renames a file, and fails where the new name is taken. <see cref="File.Move(string, string)"/> looks first and renames then.</summary>
    /// <returns>False where it took a link and an unlink, which watchers are told of in other words.</returns>
    /// <exception cref="PosixException">See <see cref="PosixException.IsAlreadyThere"/>, <see cref="PosixException.IsNotThere"/>.</exception>
    public static bool RenameNoReplace(string from, string to)
    {
        DiskProbe.Before(DiskCall.Rename, from, to);
        if (Libc.RenameAt2(Libc.AtCurrentDirectory, from, Libc.AtCurrentDirectory, to, Libc.RenameNoReplace) == 0)
        {
            DiskProbe.After(DiskCall.Rename, from, to);
            return true;
        }

        if (Marshal.GetLastPInvokeError() is not (Libc.Invalid or Libc.NoCall))
            throw Failed("rename", from);

        // A file system without the flag: link cannot replace either. Between the two calls the file has both names, never none.
        Link(from, to);
        Unlink(from);
        return false;
    }

    /// <summary>Renames a file, replacing what is there.</summary>
    /// <exception cref="PosixException">It failed; nothing has changed.</exception>
    public static void Rename(string from, string to)
    {
        DiskProbe.Before(DiskCall.Rename, from, to);
        if (Libc.Rename(from, to) != 0)
            throw Failed("rename", from);
        DiskProbe.After(DiskCall.Rename, from, to);
    }

    /// <summary>Removes a name. Says whether it was there; <see cref="File.Delete(string)"/> does not.</summary>
    /// <exception cref="PosixException">It failed for another reason than that the name is not there.</exception>
    public static bool Unlink(string path)
    {
        DiskProbe.Before(DiskCall.Unlink, path);
        if (Libc.Unlink(path) != 0)
            return Marshal.GetLastPInvokeError() == Libc.NotThere ? false : throw Failed("unlink", path);
        DiskProbe.After(DiskCall.Unlink, path);
        return true;
    }

    /// <summary>Removes a name that is only in the way; what stays is for a sweep.</summary>
    public static void TryUnlink(string path)
    {
        try
        {
            Unlink(path);
        }
        catch (IOException)
        {
            // A draft left behind is swept after 36 hours.
        }
    }

    /// <summary>Replaces a small file whole: a reader sees the old bytes or the new ones, also after a power cut.</summary>
    /// <param name="path">The file.</param>
    /// <param name="bytes">Its new bytes.</param>
    /// <param name="mode">Its mode.</param>
    /// <exception cref="IOException">It failed; the file is whole, the old one or, where only the folder could not be synced, the new one.</exception>
    public static void WriteAllBytes(string path, ReadOnlySpan<byte> bytes, UnixFileMode mode)
    {
        var draft = $"{path}.{Environment.ProcessId}.{Guid.NewGuid():N}.tmp";
        try
        {
            using (var file = DiskFile.Create(draft, mode: mode))
            {
                DiskFile.Write(file, bytes, 0);
                DiskFile.Sync(file);
            }

            Rename(draft, path);
        }
        catch
        {
            TryUnlink(draft);
            throw;
        }

        SyncDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
    }

    private static PosixException Failed(string call, string path) => new(call, path, Marshal.GetLastPInvokeError());
}
