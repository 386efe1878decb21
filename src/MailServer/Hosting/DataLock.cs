namespace MailServer.Server.Hosting;

/// <summary>Holds a data directory for one server: two with the same store would each trust their own index.</summary>
internal sealed class DataLock : IDisposable
{
    private readonly FileStream _file;

    private DataLock(FileStream file) => _file = file;

    /// <summary>Makes the directory when it is not there, and takes it.</summary>
    /// <exception cref="StartException">It cannot be made, or another server has it.</exception>
    public static DataLock Take(string directory)
    {
        try
        {
            if (!Directory.Exists(directory))
                Directory.CreateDirectory(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            return new(new(Path.Combine(directory, "lock"), new FileStreamOptions
            {
                Mode = FileMode.OpenOrCreate,
                Access = FileAccess.ReadWrite,
                Share = FileShare.None,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            }));
        }
        // EWOULDBLOCK of flock: the one IOException that is neither of its subclasses and has this code.
        catch (IOException e) when (e.GetType() == typeof(IOException) && File.Exists(Path.Combine(directory, "lock")))
        {
            throw new StartException($"{directory}: another server uses this data directory");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StartException($"{directory}: {e.Message}");
        }
    }

    public void Dispose() => _file.Dispose();
}

/// <summary>The server cannot start; the message is one line.</summary>
internal sealed class StartException(string message, Exception? inner = null) : Exception(message, inner);
