using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace MailServer.Posix;

/// <summary>
/// Adds to a file with O_APPEND, which .NET does not use: the kernel finds the end, so that lines of several programs never mix. Nothing is
/// synced: what was added survives the end of the process, and may not survive that of the machine.
/// </summary>
public static class AppendFile
{
    // O_WRONLY | O_APPEND | O_NONBLOCK | O_CLOEXEC, equal on x64 and arm64. Without waiting: somebody may have put a pipe there.
    private const int Flags = 0x1 | 0x400 | 0x800 | 0x80000;
    private const int Create = 0x40; // O_CREAT

    /// <summary>Adds octets with one write; a file that is not there is made with mode 0600.</summary>
    /// <param name="path">The file.</param>
    /// <param name="octets">What to add.</param>
    /// <param name="creates">Whether to make it when it is not there.</param>
    /// <returns>The file's length now.</returns>
    /// <exception cref="IOException">Nothing, or not all, was added.</exception>
    public static unsafe long Append(string path, ReadOnlySpan<byte> octets, bool creates = true)
    {
        var descriptor = Libc.Open(path, creates ? Flags | Create : Flags, 0x180);
        if (descriptor < 0)
            throw new PosixException("open", path, Marshal.GetLastPInvokeError());
        using var file = new SafeFileHandle(descriptor, ownsHandle: true);
        fixed (byte* first = octets)
        {
            nint written;
            do
                written = Libc.Write(descriptor, first, octets.Length);
            while (written < 0 && Marshal.GetLastPInvokeError() == Libc.Interrupted);
            if (written != octets.Length)
                throw new PosixException("write", path, written < 0 ? Marshal.GetLastPInvokeError() : Libc.NoSpace);
        }

        return RandomAccess.GetLength(file);
    }
}
