using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace MailServer.Rules;

/// <summary>Starts the rule host, the only process with a compiler in it. It ends when its work is done.</summary>
internal sealed class RuleHostProcess(string path, TimeSpan limit, TimeProvider time)
{
    // Output beyond this is no list of diagnostics any more.
    private const int MaxOutput = 4 * 1024 * 1024;

    /// <summary>Checks scripts, and writes their compiled form into <paramref name="output"/> when that is not null.</summary>
    /// <exception cref="RuleHostException">The compiler could not be used.</exception>
    public async Task<IReadOnlyList<CompileReply>> CompileAsync(IReadOnlyList<string> files, string? output, string identity, CancellationToken cancellationToken)
    {
        if (!File.Exists(path))
            throw new RuleHostException($"the rule host is missing: {path}");

        using var timer = new CancellationTokenSource(limit, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(timer.Token, cancellationToken);
        using var process = Start(Arguments(files, output, identity));
        try
        {
            var errors = ReadAsync(process.StandardError, both.Token);
            var lines = await ReadAsync(process.StandardOutput, both.Token).ConfigureAwait(false);
            await process.WaitForExitAsync(both.Token).ConfigureAwait(false);
            if (process.ExitCode != 0)
                throw new RuleHostException($"the rule host failed ({process.ExitCode}): {RuleFailure.OneLine((await errors.ConfigureAwait(false)).Trim())}");
            return Parse(lines);
        }
        catch (OperationCanceledException) when (timer.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new RuleHostException($"the rule host took longer than {limit}");
        }
        finally
        {
            if (!process.HasExited)
                process.Kill(entireProcessTree: true);
        }
    }

    private static List<string> Arguments(IReadOnlyList<string> files, string? output, string identity)
    {
        List<string> arguments = ["compile", "--api", RuleIdentity.Api];
        if (output is not null)
            arguments.AddRange(["--out", output, "--identity", identity]);
        return [.. arguments, "--", .. files];
    }

    private Process Start(List<string> arguments)
    {
        var runtime = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", ".."));
        var (command, first) = FindCommand(runtime);
        var start = new ProcessStartInfo(command, first is null ? arguments : [first, .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = Encoding.UTF8,
            UseShellExecute = false,
        };
        if (File.Exists(Path.Combine(runtime, "dotnet")))
            start.Environment["DOTNET_ROOT"] = runtime;
        start.Environment["DOTNET_TieredPGO"] = "0"; // it lives for seconds

        try
        {
#pragma warning disable RS0030 // This is the one place that starts a process.
            var process = Process.Start(start) ?? throw new RuleHostException($"cannot start {command}");
#pragma warning restore RS0030
            process.StandardInput.Close();
            return process;
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            throw new RuleHostException($"cannot start {command}: {e.Message}");
        }
    }

    // The program beside the .dll where there is one; else the dotnet that runs us, or the one our runtime belongs to, or the one on PATH.
    private (string Command, string? First) FindCommand(string runtime)
    {
        var program = path.EndsWith(".dll", StringComparison.OrdinalIgnoreCase) ? path[..^4] : path;
        if (File.Exists(program))
            return (program, null);
        if (Environment.ProcessPath is { } self && Path.GetFileNameWithoutExtension(self) == "dotnet")
            return (self, path);
        return (new[] { runtime, Environment.GetEnvironmentVariable("DOTNET_ROOT") }
            .OfType<string>()
            .Select(folder => Path.Combine(folder, "dotnet"))
            .FirstOrDefault(File.Exists) ?? "dotnet", path);
    }

    private static async Task<string> ReadAsync(StreamReader reader, CancellationToken cancellationToken)
    {
        var text = new StringBuilder();
        var buffer = new char[4096];
        while (await reader.ReadAsync(buffer, cancellationToken).ConfigureAwait(false) is > 0 and var count)
            if (text.Length < MaxOutput)
                text.Append(buffer, 0, count);
        return text.ToString();
    }

    private static List<CompileReply> Parse(string lines)
    {
        try
        {
            return [.. lines.Split('\n', StringSplitOptions.RemoveEmptyEntries)
                .Select(line => JsonSerializer.Deserialize(line, CompileJson.Default.CompileReply))
                .OfType<CompileReply>()];
        }
        catch (JsonException e)
        {
            throw new RuleHostException($"the rule host answered nonsense: {e.Message}");
        }
    }
}

/// <summary>The compiler could not be used; the message says why, in one line.</summary>
internal sealed class RuleHostException(string message) : Exception(message);
