using System.Runtime.InteropServices;

namespace MailServer.Plugins.AuthPasswordFile;

/// <summary>The few calls of the C library that .NET does not have.</summary>
internal static partial class Libc
{
    public const int NotThere = 2;      // ENOENT

    private const int AtCurrentDirectory = -100;                       // AT_FDCWD
    private const uint BasicStats = 0x7ff;                             // STATX_BASIC_STATS
    private const int ReadOnly = 0x80000;                              // O_RDONLY | O_CLOEXEC: a folder opens without O_DIRECTORY too

    /// <summary>What stat says of a file, or null with the reason in the error number.</summary>
    public static Status? StatusOf(string path) => Statx(AtCurrentDirectory, path, 0, BasicStats, out var status) == 0 ? status : null;

    /// <summary>Gives an open file to somebody.</summary>
    public static bool TryChangeOwner(SafeHandle file, uint user, uint group) => Fchown(file, user, group) == 0;

    /// <summary>Makes the names within a folder durable.</summary>
    public static void SyncDirectory(string directory)
    {
        var descriptor = Open(directory, ReadOnly);
        if (descriptor < 0)
            throw new IOException($"cannot open the folder {directory} to sync it (error {Marshal.GetLastPInvokeError()})");
        try
        {
            const int Invalid = 22;     // EINVAL: some network file systems cannot sync a folder; they order names themselves
            if (Fsync(descriptor) != 0 && Marshal.GetLastPInvokeError() is var error and not Invalid)
                throw new IOException($"cannot sync the folder {directory} (error {error})");
        }
        finally
        {
            _ = Close(descriptor);
        }
    }

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Statx(int directory, string path, int flags, uint mask, out Status status);

    [LibraryImport("libc", EntryPoint = "fchown", SetLastError = true)]
    private static partial int Fchown(SafeHandle file, uint user, uint group);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Fsync(int descriptor);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int Close(int descriptor);

    /// <summary>Linux's struct statx, the same on every processor.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    public readonly struct Status
    {
        [FieldOffset(20)] public readonly uint User;
        [FieldOffset(24)] public readonly uint Group;
        [FieldOffset(28)] public readonly ushort Mode;
        [FieldOffset(32)] public readonly ulong Inode;
        [FieldOffset(40)] public readonly ulong Size;
        [FieldOffset(96)] public readonly long ChangedSeconds;
        [FieldOffset(104)] public readonly uint ChangedNanoseconds;
        [FieldOffset(112)] public readonly long WrittenSeconds;
        [FieldOffset(120)] public readonly uint WrittenNanoseconds;

        /// <summary>S_ISREG.</summary>
        public bool IsFile => (Mode & 0xF000) == 0x8000;
    }
}
