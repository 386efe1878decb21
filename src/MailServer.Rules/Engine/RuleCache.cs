namespace MailServer.Rules;

/// <summary>
/// Compiled scripts on disk, in a folder named after the API and the compiler: <c>KEY.dll</c> and <c>KEY.pdb</c>. Beside it <c>good</c>
/// holds, under each script's name, the text that last compiled, so that a script broken since goes on as it was, also after a restart
/// and after an upgrade, when it has to be compiled again.
/// </summary>
internal sealed class RuleCache(string directory, string identity, TimeProvider time)
{
    /// <summary>How long a compiled form stays that nothing uses: whoever takes an edit back has the old version at once.</summary>
    private static readonly TimeSpan Unused = TimeSpan.FromDays(1);

    public string Identity => identity;

    /// <summary>Where the rule host writes.</summary>
    public string Output { get; } = Path.Combine(directory, identity);

    private string Good { get; } = Path.Combine(directory, "good");

    public string DllOf(string key) => Path.Combine(Output, key + ".dll");

    /// <exception cref="IOException">It cannot be written.</exception>
    public void Prepare()
    {
        Directory.CreateDirectory(Output);
        Directory.CreateDirectory(Good);
    }

    /// <summary>The text that last compiled under a script's name, or null.</summary>
    public RuleScript? FindGood(string file)
    {
        var path = Path.Combine(Good, file);
        try
        {
            return File.Exists(path) ? new(path, File.ReadAllBytes(path)) : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>The texts that were last in service, of all scripts, in order.</summary>
    public List<RuleScript> AllGood()
    {
        try
        {
            return [.. RuleFolder.Paths(Good).Select(path => FindGood(Path.GetFileName(path))).OfType<RuleScript>()];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    /// <summary>Remembers a text that compiles.</summary>
    public void SaveGood(RuleScript script)
    {
        var path = Path.Combine(Good, script.File);
        if (File.Exists(path) && File.ReadAllBytes(path).AsSpan().SequenceEqual(script.Text))
            return;
        var draft = path + ".new";
        File.WriteAllBytes(draft, script.Text);
        File.Move(draft, path, overwrite: true);
    }

    /// <summary>Removes what nothing needs any more.</summary>
    /// <param name="scripts">The names of all scripts there are.</param>
    /// <param name="keys">The compiled forms in service.</param>
    public void Prune(HashSet<string> scripts, HashSet<string> keys)
    {
        foreach (var file in Directory.EnumerateFiles(Good))
            if (!scripts.Contains(Path.GetFileName(file)))
                File.Delete(file);
            else if (FindGood(Path.GetFileName(file)) is { } good)
                keys.Add(good.KeyFor(identity));
        var old = time.GetUtcNow().UtcDateTime - Unused;
        foreach (var file in Directory.EnumerateFiles(Output))
            if (!keys.Contains(Path.GetFileNameWithoutExtension(file)) && File.GetLastWriteTimeUtc(file) < old)
                File.Delete(file);
        foreach (var folder in Directory.EnumerateDirectories(directory))
            if (Path.GetFileName(folder) is { Length: 16 } name && name != identity && name.All(char.IsAsciiHexDigitLower))
                Directory.Delete(folder, recursive: true);
    }
}
