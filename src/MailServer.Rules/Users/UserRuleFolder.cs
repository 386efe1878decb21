using System.Globalization;
using System.Text;
using MailServer.Posix;

namespace MailServer.Rules;

/// <summary>Finds the scripts of a user's folder. The folder is the user's, so nothing in it is believed: no link is followed, no pipe opened, nothing read without end.</summary>
internal static class UserRuleFolder
{
    /// <summary>Scripts of one account: more than anybody keeps in order.</summary>
    public const int MaxScripts = 50;

    /// <summary>Characters of a script's name.</summary>
    private const int MaxName = 100;

    /// <summary>Octets of one script: a thousand lines.</summary>
    public const int MaxSize = 64 * 1024;

    /// <summary>Tests beside an account's scripts, of two files each.</summary>
    public const int MaxTests = 100;

    /// <summary>
    /// What tells that something has changed: names, sizes and times of the scripts and of their tests; empty when there are none. Cheap enough to look at for each mail, so that an
    /// account that gets none costs nothing.
    /// </summary>
    public static string Look(string directory)
    {
        try
        {
            if (!Directory.Exists(directory))
                return "";
            var seen = new StringBuilder();
            Append(new DirectoryInfo(directory).EnumerateFiles("*.csx"), MaxScripts, seen);
            if (new DirectoryInfo(Path.Combine(directory, RuleEngine.TestsFolder)) is { Exists: true } tests)
                Append(tests.EnumerateFiles(), 2 * MaxTests, seen.Append(tests.LinkTarget is null ? "tests: " : "tests are a link: "));
            return seen.ToString();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return $"! {e.Message}";
        }
    }

    private static void Append(IEnumerable<FileInfo> files, int most, StringBuilder seen)
    {
        // Whoever fills a folder with files makes no mail of theirs wait for the sorting of them all.
        foreach (var file in files.Where(file => file.Name[0] != '.').Take(RuleFolder.MaxScripts).OrderBy(file => file.Name, StringComparer.Ordinal).Take(most + 1))
            seen.Append(CultureInfo.InvariantCulture, $"{file.Name}/{(file.LinkTarget is null ? file.Length : -1)}/{file.LastWriteTimeUtc.Ticks} ");
    }

    /// <summary>Reads the scripts, in order of names. What cannot be read takes no other out of service.</summary>
    public static (List<RuleScript> Scripts, List<RuleDiagnostic> Refused) Read(string directory)
    {
        List<RuleScript> scripts = [];
        List<RuleDiagnostic> refused = [];
        try
        {
            using var folder = ForeignFolder.Open(directory);
            if (folder is null)
                return (scripts, refused);
            foreach (var path in RuleFolder.Paths(directory))
                if (Path.GetFileName(path) is var name && scripts.Count + refused.Count == MaxScripts)
                {
                    refused.Add(RuleDiagnostic.OfFile(name, $"more than {MaxScripts} scripts in the folder"));
                    break;
                }
                else
                {
                    Add(folder, path, name, scripts, refused);
                }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            refused.Add(RuleDiagnostic.OfFile(Path.GetFileName(directory.TrimEnd('/')), $"cannot be read: {e.Message}"));
        }

        return (scripts, refused);
    }

    private static void Add(ForeignFolder folder, string path, string name, List<RuleScript> scripts, List<RuleDiagnostic> refused)
    {
        // It will stand in logs and in steps.
        if (name.Length > MaxName || name.Any(char.IsControl))
        {
            refused.Add(RuleDiagnostic.OfFile(RuleFailure.OneLine(name), $"a name of at most {MaxName} characters without control characters is expected"));
            return;
        }

        try
        {
            scripts.Add(new(path, folder.Read(name, MaxSize)));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            refused.Add(RuleDiagnostic.OfFile(name, e is PosixException ? $"cannot be read (links are not followed): {e.Message}" : e.Message));
        }
    }
}
