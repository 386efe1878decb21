namespace MailServer.Rules;

/// <summary>Finds the scripts of a folder: every <c>*.csx</c> that does not begin with a dot, in order of names.</summary>
internal static class RuleFolder
{
    /// <summary>Scripts in one folder: far more than anybody reads, few enough to load within a second.</summary>
    public const int MaxScripts = 1000;

    /// <exception cref="IOException">The folder or a file cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">As above.</exception>
    public static (List<RuleScript> Scripts, List<RuleDiagnostic> Refused) Read(string folder)
    {
        List<RuleScript> scripts = [];
        List<RuleDiagnostic> refused = [];
        foreach (var path in Paths(folder))
            if (scripts.Count == MaxScripts)
                refused.Add(RuleDiagnostic.OfFile(Path.GetFileName(path), $"more than {MaxScripts} scripts in the folder"));
            else if (new FileInfo(path).Length > RuleScript.MaxSize)
                refused.Add(RuleDiagnostic.OfFile(Path.GetFileName(path), $"larger than {RuleScript.MaxSize / 1024} KiB"));
            else
                scripts.Add(new(path, File.ReadAllBytes(path)));
        return (scripts, refused);
    }

    public static IEnumerable<string> Paths(string folder) =>
        Directory.EnumerateFiles(folder, "*.csx")
            .Where(path => !Path.GetFileName(path).StartsWith('.'))
            .Order(StringComparer.Ordinal);
}
