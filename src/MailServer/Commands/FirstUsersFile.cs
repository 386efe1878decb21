using MailServer.Server.Configuration;

namespace MailServer.Server.Commands;

/// <summary>
/// The password file before there is an account. A server refuses to start its accounts without the file, since a misspelt path must not
/// look like "no such user" to the world; but the first <c>account add</c> has to make it. Disposed, it takes an unused file away again.
/// </summary>
internal sealed class FirstUsersFile : IDisposable
{
    private readonly string? _made;

    private FirstUsersFile(string? made) => _made = made;

    /// <summary>Makes the file that <c>[plugins."auth.passwordfile"] file</c> names, for its owner alone, if it is not there.</summary>
    /// <exception cref="IOException">It cannot be made.</exception>
    public static FirstUsersFile Ensure(ServerConfig config)
    {
        if (PathOf(config) is not { } path || File.Exists(path))
            return new(null);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        new FileStream(path, options).Dispose();
        return new(path);
    }

    private static string? PathOf(ServerConfig config)
    {
        try
        {
            return config.SectionOf("auth.passwordfile").GetPath("file");
        }
        catch (ConfigException)
        {
            return null; // the plugin says what is wrong with it
        }
    }

    public void Dispose()
    {
        if (_made is not null && new FileInfo(_made) is { Exists: true, Length: 0 })
            File.Delete(_made);
    }
}
