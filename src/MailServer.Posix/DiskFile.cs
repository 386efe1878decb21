using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace MailServer.Posix;

/// <summary>
/// Files and directories as the store reads and changes them: .NET's calls where they do, the system's where .NET says less than the system
/// (see <see cref="Sync"/>). What a file is called after these calls is durable only by <see cref="DurableFile"/>.
/// </summary>
public static class DiskFile
{
    /// <summary>The mode of all that is a user's mail, whatever the umask is.</summary>
    public const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    // O_CREAT | O_EXCL | O_CLOEXEC, equal on x64 and arm64.
    private const int CreateNew = 0x40 | 0x80 | 0x80000;

    // What the kernel takes from the mode of a new file. Nothing in this process changes it.
    private static readonly UnixFileMode Umask = ReadUmask();

    /// <summary>
    /// Makes a file that was not there, with mode 0600. One call, where <see cref="File.OpenHandle"/> makes five: a delivery makes a file.
    /// </summary>
    /// <exception cref="DirectoryNotFoundException">A directory on its path is not there.</exception>
    /// <exception cref="UnauthorizedAccessException">This process may not make it.</exception>
    /// <exception cref="IOException">It is there already, or cannot be made.</exception>
    public static SafeFileHandle Create(string path, FileAccess access = FileAccess.Write, UnixFileMode mode = Private)
    {
        DiskProbe.Before(DiskCall.Create, path);
        int descriptor;
        while ((descriptor = Libc.Open(path, CreateNew | (access == FileAccess.Write ? 1 : 2), (uint)mode)) < 0)
            if (Marshal.GetLastPInvokeError() is var error && error != Libc.Interrupted)
                throw error switch
                {
                    Libc.NotThere => new DirectoryNotFoundException($"{path}: its directory is not there"),
                    Libc.Denied => new UnauthorizedAccessException($"{path}: may not be made"),
                    _ => new PosixException("open", path, error),
                };
        var file = new SafeFileHandle(descriptor, ownsHandle: true);
        if ((mode & Umask) != 0 && !OperatingSystem.IsWindows())
            File.SetUnixFileMode(file, mode);
        DiskProbe.After(DiskCall.Create, path);
        return file;
    }

    /// <summary>Opens a plain file to be read, while others may write, rename or remove it.</summary>
    /// <exception cref="IOException">It is not there, is no plain file, or cannot be read.</exception>
    public static SafeFileHandle Open(string path) => Open(path, out _);

    /// <summary>Opens a plain file as <see cref="Open(string)"/> does, and gives what the system says of it.</summary>
    /// <exception cref="IOException">It is not there, is no plain file, or cannot be read.</exception>
    public static SafeFileHandle Open(string path, out FileFacts facts)
    {
        DiskProbe.Before(DiskCall.Open, path);
        return RegularFile.OpenRead(path, out facts);
    }

    /// <summary>Opens a file that is there to be written.</summary>
    /// <exception cref="IOException">It is not there, or cannot be written.</exception>
    public static SafeFileHandle OpenToWrite(string path)
    {
        DiskProbe.Before(DiskCall.Open, path);
        return File.OpenHandle(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);
    }

    /// <summary>Opens a file that is there to be read and written.</summary>
    /// <exception cref="IOException">It is not there, or cannot be written.</exception>
    public static SafeFileHandle OpenToReadAndWrite(string path)
    {
        DiskProbe.Before(DiskCall.Open, path);
        return File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
    }

    /// <summary>Reads a small file whole.</summary>
    /// <exception cref="IOException">It is not there, or cannot be read.</exception>
    public static byte[] ReadAllBytes(string path)
    {
        DiskProbe.Before(DiskCall.Open, path);
        return File.ReadAllBytes(path);
    }

    /// <summary>Writes all octets at a place in the file.</summary>
    /// <exception cref="IOException">It failed; some of them may be there.</exception>
    public static void Write(SafeFileHandle file, ReadOnlySpan<byte> octets, long offset)
    {
        if (DiskProbe.Before(DiskCall.Write, file, octets.Length, out var error) is >= 0 and var written)
        {
            RandomAccess.Write(file, octets[..written], offset);
            throw new PosixException("write", DiskProbe.PathOf(file), error);
        }

        RandomAccess.Write(file, octets, offset);
        DiskProbe.After(DiskCall.Write, file);
    }

    /// <summary>
    /// Makes a file's octets durable. <see cref="RandomAccess.FlushToDisk"/> takes EROFS for success, and that is what ext4 answers when it
    /// has stopped writing after an error of the disk: what was written then is lost.
    /// </summary>
    /// <exception cref="PosixException">It failed: the file must be taken for lost, since a second try may succeed without writing.</exception>
    public static void Sync(SafeFileHandle file)
    {
        ArgumentNullException.ThrowIfNull(file);
        if (DiskProbe.Before(DiskCall.Sync, file, 0, out var error) >= 0)
            throw new PosixException("fsync", DiskProbe.PathOf(file), error);
        while (Libc.Fsync(file) != 0)
            if (Marshal.GetLastPInvokeError() is not Libc.Interrupted and var failure)
                throw new PosixException("fsync", DiskProbe.PathOf(file), failure);
        DiskProbe.After(DiskCall.Sync, file);
    }

    /// <summary>Sets the modification time.</summary>
    /// <exception cref="IOException">It failed.</exception>
    public static void SetTime(SafeFileHandle file, DateTime utc)
    {
        if (DiskProbe.Before(DiskCall.SetTime, file, 0, out var error) >= 0)
            throw new PosixException("utimens", DiskProbe.PathOf(file), error);
        File.SetLastWriteTimeUtc(file, utc);
    }

    /// <summary>Makes a directory with what is missing above it, 0700.</summary>
    /// <exception cref="IOException">It cannot be made.</exception>
    public static void MakeDirectory(string path)
    {
        DiskProbe.Before(DiskCall.MakeDirectory, path);
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(path);
        else
            Directory.CreateDirectory(path, Private | UnixFileMode.UserExecute);
        DiskProbe.After(DiskCall.MakeDirectory, path);
    }

    /// <summary>Removes a directory with all that is in it.</summary>
    /// <exception cref="IOException">Something of it is still there.</exception>
    public static void RemoveTree(string path) => Remove(path, recursive: true);

    /// <summary>Removes an empty directory.</summary>
    /// <exception cref="IOException">It is still there.</exception>
    public static void RemoveDirectory(string path) => Remove(path, recursive: false);

    private static UnixFileMode ReadUmask()
    {
        const string Label = "Umask:";
        const UnixFileMode All = (UnixFileMode)0x1FF; // 0777, where the system does not say: then the mode is set anew
        if (!File.Exists("/proc/self/status"))
            return All;
        var line = File.ReadLines("/proc/self/status").FirstOrDefault(line => line.StartsWith(Label, StringComparison.Ordinal));
        return line is null ? All : (UnixFileMode)Convert.ToInt32(line[Label.Length..].Trim(), 8);
    }

    private static void Remove(string path, bool recursive)
    {
        DiskProbe.Before(DiskCall.RemoveDirectory, path);
        Directory.Delete(path, recursive);
        DiskProbe.After(DiskCall.RemoveDirectory, path);
    }
}
