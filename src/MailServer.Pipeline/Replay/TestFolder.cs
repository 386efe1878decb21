using MailServer.Posix;
using MailServer.Rules;

namespace MailServer.Pipeline;

/// <summary>A folder of tests: its files, and how many and how large they may be.</summary>
internal abstract class TestFolder : IDisposable
{
    /// <summary>Tests in it: more are said to be too many.</summary>
    public abstract int MaxTests { get; }

    /// <summary>Octets of a message.</summary>
    public abstract int MaxMessage { get; }

    /// <summary>The names of its files.</summary>
    public abstract IEnumerable<string> Names { get; }

    /// <summary>Opens the folder beside an administrator's scripts; null when there is none.</summary>
    public static TestFolder? Open(string scripts) => Path.Combine(scripts, RuleEngine.TestsFolder) is var path && Directory.Exists(path) ? new Trusted(path) : null;

    /// <summary>Opens the folder beside a user's scripts; null when there is none.</summary>
    /// <exception cref="IOException">It is a link, belongs to somebody else, or cannot be opened.</exception>
    public static TestFolder? OpenForeign(string scripts)
    {
        using var folder = ForeignFolder.Open(scripts);
        return folder?.OpenFolder(RuleEngine.TestsFolder) is { } tests ? new Foreign(tests) : null;
    }

    /// <summary>A file's octets.</summary>
    /// <exception cref="IOException">It is too large, or cannot be read.</exception>
    public abstract byte[] Read(string name, int limit);

    public abstract void Dispose();

    /// <summary>An administrator's: read like any file.</summary>
    private sealed class Trusted(string path) : TestFolder
    {
        // Far more than anybody writes, few enough to run within seconds at each save.
        public override int MaxTests => 1000;

        // More than a mail with a few photographs has, little enough to hold some at once.
        public override int MaxMessage => 16 * 1024 * 1024;

        public override IEnumerable<string> Names => Directory.EnumerateFiles(path).Select(file => Path.GetFileName(file));

        public override byte[] Read(string name, int limit) =>
            new FileInfo(Path.Combine(path, name)) is { Exists: true } file && file.Length > limit ? throw new IOException($"larger than {limit / 1024} KiB") : File.ReadAllBytes(Path.Combine(path, name));

        public override void Dispose()
        {
        }
    }

    /// <summary>A user's, which may be made to lead astray, and is gone through at a mail's delivery.</summary>
    private sealed class Foreign(ForeignFolder folder) : TestFolder
    {
        public override int MaxTests => UserRules.MaxTests;

        public override int MaxMessage => 1024 * 1024;

        // Two files a test, and one test too many to be told of.
        public override IEnumerable<string> Names => folder.Names(2 * (MaxTests + 1));

        public override byte[] Read(string name, int limit) => folder.Read(name, limit);

        public override void Dispose() => folder.Dispose();
    }
}
