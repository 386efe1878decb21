using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace MailServer.Posix;

/// <summary>What a name in a directory stands for.</summary>
public enum FileKind
{
    /// <summary>A plain file.</summary>
    Regular,
    /// <summary>A directory.</summary>
    Directory,
    /// <summary>A symbolic link, where links are not followed.</summary>
    Link,
    /// <summary>A pipe, socket or device: opening it may wait for ever.</summary>
    Special,
}

/// <summary>What the system says of a file in one call, without opening it; .NET has no such call for kind, owner and inode.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Mode">Its permissions.</param>
/// <param name="Owner">The number of the user it belongs to.</param>
/// <param name="Device">The file system it is on.</param>
/// <param name="Inode">Its number there: two names with one number are one file.</param>
/// <param name="Length">Its octets.</param>
public readonly record struct FileFacts(FileKind Kind, UnixFileMode Mode, uint Owner, ulong Device, ulong Inode, long Length)
{
    /// <summary>When it was last changed.</summary>
    public DateTime ModifiedUtc { get; init; }

    /// <summary>The facts of a path; null when nothing is there (for a followed link: nothing at its end).</summary>
    /// <param name="path">Where.</param>
    /// <param name="followsLink">Whether the end of a symbolic link is meant.</param>
    /// <exception cref="PosixException">They cannot be told.</exception>
    public static FileFacts? Of(string path, bool followsLink = true)
    {
        var error = Read(Libc.AtCurrentDirectory, path, followsLink ? 0 : NoFollow, out var facts);
        return error switch
        {
            0 => facts,
            Libc.NotThere or NotDirectory => null,
            _ => throw new PosixException("stat", path, error),
        };
    }

    internal static int Read(int directory, string path, int flags, out FileFacts facts)
    {
        facts = default;
        if (Libc.Statx(directory, path, flags, BasicStats, out var raw) != 0)
            return Marshal.GetLastPInvokeError();
        facts = new(KindOf(raw.Mode), (UnixFileMode)(raw.Mode & 0xFFF), raw.Owner, ((ulong)raw.DeviceMajor << 32) | raw.DeviceMinor, raw.Inode, (long)raw.Size)
        {
            ModifiedUtc = TimeOf(raw.ModifiedSeconds, raw.ModifiedNanoseconds),
        };
        return 0;
    }

    private const int NoFollow = 0x100;     // AT_SYMLINK_NOFOLLOW
    private const int NotDirectory = 20;    // ENOTDIR
    private const uint BasicStats = 0x7FF;  // STATX_BASIC_STATS

    /// <summary>A file system can hold times that no calendar of ours has.</summary>
    private static DateTime TimeOf(long seconds, uint nanoseconds) =>
        seconds < (DateTime.MinValue - DateTime.UnixEpoch).TotalSeconds ? DateTime.SpecifyKind(DateTime.MinValue, DateTimeKind.Utc)
        : seconds >= (DateTime.MaxValue - DateTime.UnixEpoch).TotalSeconds - 1 ? DateTime.SpecifyKind(DateTime.MaxValue, DateTimeKind.Utc)
        : DateTime.UnixEpoch.AddTicks((seconds * TimeSpan.TicksPerSecond) + (nanoseconds / 100));

    private static FileKind KindOf(ushort mode) => (mode & 0xF000) switch
    {
        0x8000 => FileKind.Regular,
        0x4000 => FileKind.Directory,
        0xA000 => FileKind.Link,
        _ => FileKind.Special,
    };
}

/// <summary>Opens plain files and nothing else.</summary>
public static class RegularFile
{
    private const int NoWait = 0x800 | 0x80000 | 0x100; // O_NONBLOCK | O_CLOEXEC | O_NOCTTY: the same on x64 and arm64
    private const int EmptyPath = 0x1000;               // AT_EMPTY_PATH

    /// <summary>
    /// Opens a file for reading. A pipe or a device under its name never makes the caller wait, as <see cref="File.OpenHandle"/> would.
    /// </summary>
    /// <exception cref="FileNotFoundException">Nothing has that name.</exception>
    /// <exception cref="UnauthorizedAccessException">This process may not read it.</exception>
    /// <exception cref="IOException">It is no plain file, or cannot be read.</exception>
    public static SafeFileHandle OpenRead(string path) => OpenRead(path, out _);

    /// <summary>Opens a file as <see cref="OpenRead(string)"/> does, and gives what the system says of it.</summary>
    /// <exception cref="FileNotFoundException">Nothing has that name.</exception>
    /// <exception cref="UnauthorizedAccessException">This process may not read it.</exception>
    /// <exception cref="IOException">It is no plain file, or cannot be read.</exception>
    public static SafeFileHandle OpenRead(string path, out FileFacts facts)
    {
        int descriptor;
        while ((descriptor = Libc.Open(path, NoWait)) < 0)
            if (Marshal.GetLastPInvokeError() is var error && error != Libc.Interrupted)
                throw error switch
                {
                    Libc.NotThere => new FileNotFoundException($"{path}: not there", path),
                    Libc.Denied => new UnauthorizedAccessException($"{path}: may not be read"),
                    _ => new PosixException("open", path, error),
                };
        var handle = new SafeFileHandle(descriptor, ownsHandle: true);
        var failed = FileFacts.Read(descriptor, "", EmptyPath, out facts);
        if (failed == 0 && facts.Kind == FileKind.Regular)
            return handle;
        handle.Dispose();
        throw failed != 0 ? new PosixException("stat", path, failed) : new IOException($"{path}: not a plain file");
    }

    /// <summary>Whether this process may read it, without opening it.</summary>
    public static bool MayRead(string path) => !DiskProbe.Forbids(path) && Libc.Access(path, 4) == 0; // R_OK
}
