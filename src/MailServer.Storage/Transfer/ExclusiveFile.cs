using System.Text;
using MailServer.Posix;

namespace MailServer.Storage;

/// <summary>A text file that one process at a time appends to.</summary>
internal static class ExclusiveFile
{
    /// <summary>Opens it, or makes it, with mode 0600.</summary>
    /// <exception cref="IOException">It cannot be opened, or another process has it.</exception>
    public static FileStream Open(string path, string whenTaken)
    {
        FileStream file;
        try
        {
            file = new(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0);
        }
        catch (IOException failure) when (failure.GetType() == typeof(IOException) && File.Exists(path))
        {
            // EWOULDBLOCK of flock: the one IOException that is of no subclass.
            throw new IOException(whenTaken, failure);
        }

        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(file.SafeFileHandle, DiskFile.Private);
        return file;
    }

    /// <summary>Appends whole lines, behind a line end if the last line was cut off. Durable when it returns.</summary>
    /// <exception cref="IOException">It failed; a part of it may be there.</exception>
    public static void Append(FileStream file, string lines)
    {
        if (file.Length > 0)
        {
            file.Seek(-1, SeekOrigin.End);
            if (file.ReadByte() != '\n')
                lines = "\n" + lines;
        }

        file.Seek(0, SeekOrigin.End);
        file.Write(Encoding.UTF8.GetBytes(lines));
        DiskFile.Sync(file.SafeFileHandle);
    }
}
