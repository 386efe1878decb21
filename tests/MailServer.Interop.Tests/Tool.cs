using System.Diagnostics;

namespace MailServer.Interop.Tests;

/// <summary>What a program said.</summary>
internal sealed record ToolResult(int ExitCode, string Output, string Errors)
{
    public override string ToString() => $"exit code {ExitCode}\n{Output}\n{Errors}";
}

/// <summary>Runs other people's programs.</summary>
internal static class Tool
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    public static Task<ToolResult> RunAsync(string name, params string[] arguments) => RunAsync(name, arguments, home: null);

    public static async Task<ToolResult> RunAsync(string name, string[] arguments, string? home)
    {
        using var process = Start(name, arguments, home);
        process.StandardInput.Close();
        using var limit = new CancellationTokenSource(Limit);
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(limit.Token);
            var errors = process.StandardError.ReadToEndAsync(limit.Token);
            await process.WaitForExitAsync(limit.Token);
            return new(process.ExitCode, await output, await errors);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{name} {string.Join(' ', arguments)} took more than {Limit.TotalSeconds} s");
        }
    }

    public static Process Start(string name, IEnumerable<string> arguments, string? home = null, string? watch = null)
    {
        var start = new ProcessStartInfo(name, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["LC_ALL"] = "C.UTF-8";
        start.Environment["TERM"] = "xterm";
        if (home is not null)
            start.Environment["HOME"] = home;
        if (watch is not null)
            start.Environment["MAILSERVER_WATCH"] = watch;
#pragma warning disable RS0030 // Running other programs is what these tests are for.
        return Process.Start(start)!;
#pragma warning restore RS0030
    }
}
