using System.Globalization;
using System.Text.Json;
using MailServer.Rules;

namespace MailServer.RuleHost;

/// <summary><c>compile</c>: checks scripts, and writes their compiled forms when there is somewhere to write them.</summary>
internal static class CompileCommand
{
    // No folder has this name: the compiled form goes beside the script.
    private const string Beside = "/";

    public static int Run(string[] arguments, TextReader input, TextWriter output, TextWriter errors)
    {
        string? directory = null;
        var stay = TimeSpan.Zero;
        var identity = "";
        var isForUsers = false;
        var folders = new List<string>();
        var files = new List<string>();
        for (var i = 0; i < arguments.Length; i++)
            switch (arguments[i])
            {
                case "--":
                    files.AddRange(arguments[(i + 1)..]);
                    i = arguments.Length;
                    break;
                case "--out" when i + 1 < arguments.Length:
                    directory = arguments[++i];
                    break;
                case "--folder" when i + 1 < arguments.Length:
                    folders.Add(arguments[++i]);
                    break;
                case "--users":
                    isForUsers = true;
                    break;
                case "--beside":
                    directory = Beside;
                    break;
                case "--identity" when i + 1 < arguments.Length:
                    identity = arguments[++i];
                    break;
                case "--api" when i + 1 < arguments.Length:
                    if (arguments[++i] != RuleIdentity.Api)
                        return Fail(errors, "this rule host belongs to another build of the server");
                    break;
                case "--stay" when i + 1 < arguments.Length && int.TryParse(arguments[i + 1], CultureInfo.InvariantCulture, out var seconds):
                    stay = TimeSpan.FromSeconds(seconds);
                    i++;
                    break;
                case var file when !file.StartsWith('-'):
                    files.Add(file);
                    break;
                case var unknown:
                    return Fail(errors, $"unknown option: {unknown}");
            }

        CompileAll(files, directory, identity, isForUsers, folders, output);
        if (stay > TimeSpan.Zero)
            Follow(stay, directory, identity, isForUsers, folders, input, output);
        return 0;
    }

    /// <summary>
    /// Compiles what comes on standard input, until nothing has come for a while: the folders that the scripts' account has, as a list in JSON on a line,
    /// then a file's name in JSON a line, and an empty line after the last.
    /// </summary>
    private static void Follow(TimeSpan stay, string? directory, string identity, bool isForUsers, List<string> folders, TextReader input, TextWriter output)
    {
        // A read from a terminal or pipe cannot be given up, and nothing here needs an orderly end.
        using var idle = new Timer(static _ => Environment.Exit(0));
        var files = new List<string>();
        while (true)
        {
            output.WriteLine();
            output.Flush();
            files.Clear();
            idle.Change(stay, Timeout.InfiniteTimeSpan);
            while (input.ReadLine() is { Length: > 0 } line)
                if (line[0] == '[')
                    folders = JsonSerializer.Deserialize(line, CompileJson.Default.ListString) ?? [];
                else
                    files.Add(JsonSerializer.Deserialize(line, CompileJson.Default.String) ?? "");
            idle.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            if (files.Count == 0)
                return;
            CompileAll(files, directory, identity, isForUsers, folders, output);
        }
    }

    private static void CompileAll(List<string> files, string? directory, string identity, bool isForUsers, List<string> folders, TextWriter output)
    {
        foreach (var file in files)
            output.WriteLine(JsonSerializer.Serialize(Compile(file, directory, identity, isForUsers, folders), CompileJson.Default.CompileReply));
    }

    public static int Fail(TextWriter errors, string reason)
    {
        errors.WriteLine(reason);
        return 2;
    }

    private static CompileReply Compile(string file, string? directory, string identity, bool isForUsers, List<string> folders)
    {
        try
        {
            if (new FileInfo(file).Length > RuleScript.MaxSize)
                return Refuse(file, $"larger than {RuleScript.MaxSize / 1024} KiB");
            var text = File.ReadAllBytes(file);
            var key = RuleScript.KeyOf(identity, text);
            var (diagnostics, isGood) = ScriptCompiler.Compile(file, text, key, directory is Beside ? Path.GetDirectoryName(Path.GetFullPath(file)) : directory, isForUsers, folders);
            return new() { File = file, Key = key, Diagnostics = diagnostics, IsCompiled = isGood };
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Refuse(file, e.Message);
        }
    }

    private static CompileReply Refuse(string file, string reason) =>
        new() { File = file, Diagnostics = [RuleDiagnostic.OfFile(file, reason)] };
}
