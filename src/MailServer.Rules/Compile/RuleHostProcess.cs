using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace MailServer.Rules;

/// <summary>
/// Starts the rule host, the only process with a compiler in it. It ends when its work is done; one that may stay is used again for the next
/// edit, which then takes milliseconds, and ends when none comes. Not for use by two at once.
/// </summary>
internal sealed class RuleHostProcess(string path, TimeSpan limit, TimeSpan stay, TimeProvider time) : IDisposable
{
    private RuleHostChild? _child;
    private string _started = "";

    /// <summary>Checks scripts, and writes their compiled form into <paramref name="output"/> when that is not null.</summary>
    /// <exception cref="RuleHostException">The compiler could not be used.</exception>
    public async Task<IReadOnlyList<CompileReply>> CompileAsync(IReadOnlyList<string> files, string? output, string identity, CancellationToken cancellationToken)
    {
        if (!File.Exists(path))
            throw new RuleHostException($"the rule host is missing: {path}");

        using var timer = new CancellationTokenSource(limit, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(timer.Token, cancellationToken);
        var isDone = false;
        try
        {
            var replies = Parse(await AnswerAsync(files, output, identity, both.Token).ConfigureAwait(false));
            isDone = stay > TimeSpan.Zero;
            return replies;
        }
        catch (OperationCanceledException) when (timer.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new RuleHostException($"the rule host took longer than {limit}");
        }
        finally
        {
            if (!isDone)
                Dispose();
        }
    }

    /// <summary>Ends a process that has stayed.</summary>
    public void Dispose()
    {
        _child?.Dispose();
        _child = null;
    }

    private async Task<List<string>> AnswerAsync(IReadOnlyList<string> files, string? output, string identity, CancellationToken cancellationToken)
    {
        // One that has stayed may end at any moment: then another is started.
        if (_child is { IsRunning: true } child && _started == $"{output} {identity}"
            && await child.TrySendAsync(files, cancellationToken).ConfigureAwait(false)
            && await child.ReadAnswerAsync(cancellationToken).ConfigureAwait(false) is { } answer)
            return answer;

        Dispose();
        (_child, _started) = (new(Start(Arguments(files, output, identity))), $"{output} {identity}");
        return await _child.ReadAnswerAsync(cancellationToken).ConfigureAwait(false)
            ?? throw Failed(await _child.EndAsync(cancellationToken).ConfigureAwait(false));
    }

    private static RuleHostException Failed((int ExitCode, string Errors) end) =>
        new($"the rule host failed ({end.ExitCode}): {RuleFailure.OneLine(end.Errors)}");

    private List<string> Arguments(IReadOnlyList<string> files, string? output, string identity)
    {
        List<string> arguments = ["compile", "--api", RuleIdentity.Api];
        if (output is not null)
            arguments.AddRange(["--out", output, "--identity", identity]);
        if (stay > TimeSpan.Zero)
            arguments.AddRange(["--stay", ((int)stay.TotalSeconds).ToString(CultureInfo.InvariantCulture)]);
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
            StandardInputEncoding = new UTF8Encoding(false),
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
            if (stay <= TimeSpan.Zero)
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

    private static List<CompileReply> Parse(List<string> lines)
    {
        try
        {
            return [.. lines.Select(line => JsonSerializer.Deserialize(line, CompileJson.Default.CompileReply)).OfType<CompileReply>()];
        }
        catch (JsonException e)
        {
            throw new RuleHostException($"the rule host answered nonsense: {e.Message}");
        }
    }
}

/// <summary>The compiler could not be used; the message says why, in one line.</summary>
internal sealed class RuleHostException(string message) : Exception(message);
