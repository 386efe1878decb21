using System.Diagnostics;
using System.Runtime.InteropServices;

namespace MailServer.Rules;

/// <summary>How the rule host is started: its input, output and errors are ours.</summary>
internal static class RuleHostProgram
{
    /// <summary>Describes a start.</summary>
    /// <param name="path">The rule host's <c>.dll</c>.</param>
    /// <param name="arguments">What it is to do.</param>
    public static ProcessStartInfo Describe(string path, List<string> arguments)
    {
        var runtime = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", ".."));
        var (command, first) = FindCommand(path, runtime);
        var start = new ProcessStartInfo(command, first is null ? arguments : [first, .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        if (File.Exists(Path.Combine(runtime, "dotnet")))
            start.Environment["DOTNET_ROOT"] = runtime;
        return start;
    }

    /// <summary>Starts it.</summary>
    /// <exception cref="RuleHostException">It cannot be started.</exception>
    public static Process Start(ProcessStartInfo start)
    {
        try
        {
#pragma warning disable RS0030 // This is the one place that starts a process.
            return Process.Start(start) ?? throw new RuleHostException($"cannot start {start.FileName}");
#pragma warning restore RS0030
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            throw new RuleHostException($"cannot start {start.FileName}: {e.Message}");
        }
    }

    // The program beside the .dll where there is one; else the dotnet that runs us, or the one our runtime belongs to, or the one on PATH.
    private static (string Command, string? First) FindCommand(string path, string runtime)
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
}

/// <summary>The rule host could not be used; the message says why, in one line.</summary>
internal sealed class RuleHostException(string message) : Exception(message)
{
    /// <summary>Whether it ran, and what it was given may be the reason: it took too long, died or said nonsense.</summary>
    public bool IsByInput { get; init; }
}
