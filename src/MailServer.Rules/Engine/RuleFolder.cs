namespace MailServer.Rules;

/// <summary>Finds the scripts of a folder: every <c>*.csx</c> that does not begin with a dot, in order of names.</summary>
internal static class RuleFolder
{
    /// <summary>Scripts in one folder: far more than anybody reads, few enough to load within a second.</summary>
    public const int MaxScripts = 1000;

    /// <exception cref="IOException">The folder cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">As above.</exception>
    public static (List<RuleScript> Scripts, List<RuleDiagnostic> Refused) Read(string folder)
    {
        List<RuleScript> scripts = [];
        List<RuleDiagnostic> refused = [];
        foreach (var path in Paths(folder))
            if (scripts.Count == MaxScripts)
                refused.Add(RuleDiagnostic.OfFile(Path.GetFileName(path), $"more than {MaxScripts} scripts in the folder"));
            else
                Add(path, scripts, refused);
        return (scripts, refused);
    }

    private static void Add(string path, List<RuleScript> scripts, List<RuleDiagnostic> refused)
    {
        try
        {
            if (new FileInfo(path).Length > RuleScript.MaxSize)
                refused.Add(RuleDiagnostic.OfFile(Path.GetFileName(path), $"larger than {RuleScript.MaxSize / 1024} KiB"));
            else
                scripts.Add(new(path, File.ReadAllBytes(path)));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // One that cannot be read must not take the others out of service.
            refused.Add(RuleDiagnostic.OfFile(Path.GetFileName(path), $"cannot be read: {e.Message}"));
        }
    }

    public static IEnumerable<string> Paths(string folder) =>
        Directory.EnumerateFiles(folder, "*.csx")
            .Where(path => !Path.GetFileName(path).StartsWith('.'))
            .Order(StringComparer.Ordinal);
}
