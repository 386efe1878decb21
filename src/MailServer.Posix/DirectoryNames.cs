using System.Runtime.InteropServices;

namespace MailServer.Posix;

/// <summary>
/// Reads the names in a directory, if it can be in one call of the system. The kernel lets nobody change a directory of its own file systems
/// during a call, so these are the names of one moment; <c>readdir</c>, which asks piece by piece, may miss a file that is renamed meanwhile.
/// </summary>
public static unsafe class DirectoryNames
{
    /// <summary>The octets to begin with: some four hundred names.</summary>
    public const int LeastRoom = 32 * 1024;

    /// <summary>The octets at most: some two hundred thousand names of messages. A larger directory is read piece by piece.</summary>
    private const int MostRoom = 16 * 1024 * 1024;

    // struct linux_dirent64: d_ino 8, d_off 8, d_reclen 2, d_type 1, then the name with a NUL at its end.
    private const int LengthOffset = 16;
    private const int NameOffset = 19;

    /// <summary>Takes a name, in the octets that the system keeps.</summary>
    public delegate void Take(ReadOnlySpan<byte> name);

    /// <summary>Reads all names, <c>.</c> and <c>..</c> too.</summary>
    /// <param name="directory">The directory.</param>
    /// <param name="room">Octets for one call, kept by the caller from one reading to the next: it grows when the names did not fit.</param>
    /// <param name="take">Called for each name.</param>
    /// <returns>Whether they are the names of one moment.</returns>
    /// <exception cref="DirectoryNotFoundException">It is not there.</exception>
    /// <exception cref="UnauthorizedAccessException">This process may not read it.</exception>
    /// <exception cref="PosixException">It cannot be read.</exception>
    public static bool Read(string directory, ref int room, Take take)
    {
        ArgumentNullException.ThrowIfNull(take);
        room = Math.Clamp(room, LeastRoom, MostRoom);
        var descriptor = Libc.Open(directory, Libc.DirectoryFlags);
        if (descriptor < 0)
            throw Failed("open", directory);
        var names = (byte*)NativeMemory.Alloc((nuint)room);
        try
        {
            var calls = 0;
            nint count;
            for (; (count = Libc.GetDirectoryEntries(descriptor, names, (nuint)room)) > 0; calls++)
                for (var entry = names; entry < names + count; entry += *(ushort*)(entry + LengthOffset))
                    take(MemoryMarshal.CreateReadOnlySpanFromNullTerminated(entry + NameOffset));
            if (count < 0)
                throw Failed("getdents64", directory);
            if (calls <= 1)
                return IsLocal(descriptor);
            room = Math.Min(room * Math.Max(2, calls), MostRoom);
            return false;
        }
        finally
        {
            NativeMemory.Free(names);
            _ = Libc.Close(descriptor);
        }
    }

    /// <summary>Whether this kernel alone changes the directory. On a network file system, and on one that is not known here, others may.</summary>
    private static bool IsLocal(int descriptor)
    {
        var facts = stackalloc ulong[64]; // struct statfs has at most 120 octets, and begins with the type
        return Libc.FileSystemStatus(descriptor, facts) == 0 && (uint)facts[0] is
            0xEF53          // ext2, ext3, ext4
            or 0x01021994   // tmpfs
            or 0x58465342   // XFS
            or 0x9123683E   // Btrfs
            or 0xF2F52010   // F2FS
            or 0x794C7630;  // overlayfs
    }

    private static Exception Failed(string call, string directory) => Marshal.GetLastPInvokeError() switch
    {
        Libc.NotThere => new DirectoryNotFoundException($"{directory}: not there"),
        Libc.Denied => new UnauthorizedAccessException($"{directory}: may not be read"),
        var error => new PosixException(call, directory, error),
    };
}
