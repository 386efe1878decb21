using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;

namespace MailServer.Posix;

/// <summary>
/// Names as the octets that the system keeps. .NET reads them as UTF-8 and puts U+FFFD in place of what is none, so that such a file can
/// be listed but not opened.
/// </summary>
public static unsafe class RawNames
{
    // struct dirent of 64-bit Linux: d_ino 8, d_off 8, d_reclen 2, d_type 1, then the name with a NUL at its end.
    private const int NameOffset = 19;

    /// <summary>Renames the entries of a directory whose names are unfit, each to the name that <paramref name="mend"/> gives it.</summary>
    /// <param name="directory">The directory.</param>
    /// <param name="mend">Gives a better name, or null for a name that is good.</param>
    /// <returns>Old names, with what is no UTF-8 in octal, and new ones. One whose new name is taken stays as it is.</returns>
    /// <exception cref="PosixException">The directory cannot be read, or a name not be changed.</exception>
    public static IReadOnlyList<(string From, string To)> Mend(string directory, Func<byte[], string?> mend)
    {
        ArgumentNullException.ThrowIfNull(mend);
        List<(string, string)> renamed = [];
        foreach (var name in List(directory))
        {
            if (mend(name) is not { } better)
                continue;
            if (RenameNoReplace(directory, name, better))
                renamed.Add((Escape(name), better));
        }

        return renamed;
    }

    /// <summary>All names in a directory but <c>.</c> and <c>..</c>.</summary>
    /// <exception cref="PosixException">It cannot be read.</exception>
    public static IReadOnlyList<byte[]> List(string directory)
    {
        var stream = Libc.OpenDirectory(directory);
        if (stream == 0)
            throw new PosixException("opendir", directory, Marshal.GetLastPInvokeError());
        try
        {
            List<byte[]> names = [];
            while (Libc.ReadDirectory(stream) is not 0 and var entry)
                if (MemoryMarshal.CreateReadOnlySpanFromNullTerminated((byte*)entry + NameOffset) is var name
                    && !name.SequenceEqual("."u8) && !name.SequenceEqual(".."u8))
                    names.Add(name.ToArray());
            return names;
        }
        finally
        {
            _ = Libc.CloseDirectory(stream);
        }
    }

    /// <summary>The name as text: octets that are no UTF-8, and control characters, as <c>\ooo</c>, the way Maildir names write <c>/</c>.</summary>
    public static string Escape(ReadOnlySpan<byte> name)
    {
        var text = new StringBuilder();
        while (!name.IsEmpty)
        {
            var isRead = Rune.DecodeFromUtf8(name, out var rune, out var length) == OperationStatus.Done;
            if (isRead && !Rune.IsControl(rune))
                text.Append(rune.ToString());
            else
                foreach (var octet in name[..length])
                    text.Append('\\').Append((char)('0' + (octet >> 6))).Append((char)('0' + ((octet >> 3) & 7))).Append((char)('0' + (octet & 7)));
            name = name[length..];
        }

        return text.ToString();
    }

    private static bool RenameNoReplace(string directory, byte[] name, string better)
    {
        byte[] from = [.. Encoding.UTF8.GetBytes(directory), (byte)'/', .. name, 0];
        byte[] to = [.. Encoding.UTF8.GetBytes(Path.Combine(directory, better)), 0];
        fixed (byte* old = from, fresh = to)
            if (Libc.RenameAt2(Libc.AtCurrentDirectory, old, Libc.AtCurrentDirectory, fresh, Libc.RenameNoReplace) == 0)
                return true;
        return Marshal.GetLastPInvokeError() is var error && error is Libc.Exists or Libc.NotThere
            ? false
            : throw new PosixException("rename", Path.Combine(directory, Escape(name)), error);
    }
}
