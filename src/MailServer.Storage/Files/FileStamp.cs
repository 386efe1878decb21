using MailServer.Posix;

namespace MailServer.Storage;

/// <summary>Tells whether a small file is still the one that was read.</summary>
internal readonly record struct FileStamp(long Length, long Ticks)
{
    /// <summary>The stamp of a file that is not there.</summary>
    public static FileStamp None => default;

    /// <exception cref="IOException">Whether it is there cannot be told: a UID list that is taken for missing would be numbered anew.</exception>
    public static FileStamp Of(string path)
    {
        // Once more when it came while we looked.
        for (var tries = 0; tries < 3; tries++)
        {
            var file = new FileInfo(path);
            if (file.Exists)
                return new(file.Length, file.LastWriteTimeUtc.Ticks);
            if (Directory.Exists(path))
                return new(-1, file.LastWriteTimeUtc.Ticks); // in the way of the file, and to be noticed
            if (FileFacts.Of(path) is null or { Kind: not (FileKind.Regular or FileKind.Directory) })
                return None;
        }

        throw new IOException($"{path} comes and goes");
    }
}
