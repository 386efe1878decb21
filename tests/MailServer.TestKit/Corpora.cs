namespace MailServer.TestKit;

/// <summary>Finds the public test data, by <c>MAILSERVER_CORPORA</c> or else beside the project in <c>../shared/corpora</c>.</summary>
public static class Corpora
{
    /// <summary>The folder of one corpus, or null with the reason to skip by.</summary>
    public static string? Find(string name, out string reason)
    {
        var root = Environment.GetEnvironmentVariable("MAILSERVER_CORPORA")
            ?? Path.Combine(Repository.Root, "..", "shared", "corpora");
        var folder = Path.Combine(root, name);
        reason = $"no test data: {folder} is missing (set MAILSERVER_CORPORA)";
        return Directory.Exists(folder) ? Path.GetFullPath(folder) : null;
    }
}

/// <summary>The checkout that the tests run from.</summary>
public static class Repository
{
    public static string Root { get; } = FindRoot();

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "MailServer.sln")))
                return folder.FullName;
        throw new InvalidOperationException($"no MailServer.sln above {AppContext.BaseDirectory}");
    }
}
