using System.Globalization;
using System.Text.Json;
using MailServer.Rules;

namespace MailServer.RuleHost;

/// <summary><c>compile</c>: checks scripts, and writes their compiled forms when there is somewhere to write them.</summary>
internal static class CompileCommand
{
    public static int Run(string[] arguments, TextReader input, TextWriter output, TextWriter errors)
    {
        var request = new CompileRequest { Files = [] };
        TimeSpan? stay = null;
        for (var i = 0; i < arguments.Length; i++)
            switch (arguments[i])
            {
                case "--out" when i + 1 < arguments.Length:
                    request = request with { Output = arguments[++i] };
                    break;
                case "--users":
                    request = request with { IsForUsers = true };
                    break;
                case "--api" when i + 1 < arguments.Length:
                    if (arguments[++i] != RuleIdentity.Api)
                        return Fail(errors, "this rule host belongs to another build of the server");
                    stay ??= TimeSpan.Zero;
                    break;
                case "--stay" when i + 1 < arguments.Length && int.TryParse(arguments[i + 1], CultureInfo.InvariantCulture, out var seconds):
                    stay = TimeSpan.FromSeconds(seconds);
                    i++;
                    break;
                case var file when !file.StartsWith('-'):
                    request = request with { Files = [.. request.Files, file] };
                    break;
                case var unknown:
                    return Fail(errors, $"unknown option: {unknown}");
            }

        CompileAll(request, output);
        if (stay is { } time)
            Follow(time, input, output);
        return 0;
    }

    /// <summary>Compiles what comes on standard input, a request in JSON a line, answered by a line for each file and an empty one. Ends with it, or when nothing has come for a while.</summary>
    private static void Follow(TimeSpan stay, TextReader input, TextWriter output)
    {
        // A read from a terminal or pipe cannot be given up, and nothing here needs an orderly end.
        using var idle = new Timer(static _ => Environment.Exit(0));
        while (true)
        {
            if (stay > TimeSpan.Zero)
                idle.Change(stay, Timeout.InfiniteTimeSpan);
            if (input.ReadLine() is not { Length: > 0 } line || JsonSerializer.Deserialize(line, CompileJson.Default.CompileRequest) is not { } request)
                return;
            idle.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            CompileAll(request, output);
            output.WriteLine();
            output.Flush();
        }
    }

    private static void CompileAll(CompileRequest request, TextWriter output)
    {
        foreach (var file in request.Files)
            output.WriteLine(JsonSerializer.Serialize(Compile(file, request), CompileJson.Default.CompileReply));
    }

    public static int Fail(TextWriter errors, string reason)
    {
        errors.WriteLine(reason);
        return 2;
    }

    private static CompileReply Compile(string file, CompileRequest request)
    {
        try
        {
            if (new FileInfo(file).Length > RuleScript.MaxSize)
                return Refuse(file, $"larger than {RuleScript.MaxSize / 1024} KiB");
            var text = File.ReadAllBytes(file);
            var key = RuleScript.KeyOf(request.Identity, text);
            var output = request.IsBeside ? Path.GetDirectoryName(Path.GetFullPath(file)) : request.Output;
            var (diagnostics, isGood) = ScriptCompiler.Compile(file, text, key, output, request.IsForUsers, request.Folders);
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
