namespace MailServer.TestKit;

/// <summary>A folder for one test, gone with it.</summary>
public sealed class TempDirectory : IDisposable
{
    /// <param name="inMemory">Whether it may be on a file system in memory, for tests that sync files by the thousand.</param>
    public TempDirectory(bool inMemory = false) => Path = inMemory && Directory.Exists(Memory)
        ? Directory.CreateDirectory($"{Memory}/mailserver-test-{Guid.NewGuid():N}").FullName
        : Directory.CreateTempSubdirectory("mailserver-test-").FullName;

    private const string Memory = "/dev/shm";

    public string Path { get; }

    public string File(string name) => System.IO.Path.Combine(Path, name);

    /// <summary>Deletes it; again when something that was under way as the test ended has put a file into it meanwhile.</summary>
    public void Dispose()
    {
        for (var tries = 0; Directory.Exists(Path); tries++)
            try
            {
                Directory.Delete(Path, recursive: true);
            }
            catch (IOException) when (tries < 20)
            {
                Thread.Sleep(50);
            }
    }

    public override string ToString() => Path;
}
