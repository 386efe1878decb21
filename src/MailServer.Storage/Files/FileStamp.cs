namespace MailServer.Storage;

/// <summary>Tells whether a small file is still the one that was read.</summary>
internal readonly record struct FileStamp(long Length, long Ticks)
{
    /// <summary>The stamp of a file that is not there.</summary>
    public static FileStamp None => default;

    public static FileStamp Of(string path)
    {
        var file = new FileInfo(path);
        return file.Exists ? new(file.Length, file.LastWriteTimeUtc.Ticks)
            : Directory.Exists(path) ? new(-1, file.LastWriteTimeUtc.Ticks) // in the way of the file, and to be noticed
            : None;
    }
}
