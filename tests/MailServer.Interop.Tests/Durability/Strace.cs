using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace MailServer.Interop.Tests;

/// <summary>Debian's strace on the running server: it sees the calls of the system, and makes some fail.</summary>
internal sealed partial class Strace : IAsyncDisposable
{
    private readonly Process _process;
    private readonly string _output;

    private Strace(Process process, string output) => (_process, _output) = (process, output);

    /// <summary>Watches until it is stopped.</summary>
    /// <param name="server">Whom.</param>
    /// <param name="arguments">What to watch, what to make fail: strace's own words.</param>
    public static async Task<Strace> AttachAsync(ServerProcess server, params string[] arguments)
    {
        var output = server.File($"strace-{Guid.NewGuid():N}");
        string[] all = ["-f", "-y", "-s", "40", "-o", output, "-p", server.Id.ToString(CultureInfo.InvariantCulture), .. arguments];
        var process = Tool.Start("strace", all);
        while (await process.StandardError.ReadLineAsync() is { } line)
            if (line.Contains(" attached", StringComparison.Ordinal))
                return new(process, output);
        throw new InvalidOperationException("strace cannot trace the server: is ptrace allowed here?");
    }

    /// <summary>Lets go of the server.</summary>
    /// <returns>The calls that have ended, in the order of their ends, without those of the rehearsal after the start.</returns>
    public async Task<IReadOnlyList<TracedCall>> StopAsync()
    {
        await Tool.RunAsync("kill", "-INT", _process.Id.ToString(CultureInfo.InvariantCulture));
        await _process.StandardError.ReadToEndAsync();
        await _process.WaitForExitAsync();
        return [.. Parse(await File.ReadAllLinesAsync(_output)).Where(call => !call.Text.Contains("/data/rehearsal", StringComparison.Ordinal))];
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            await StopAsync();
        _process.Dispose();
    }

    private static List<TracedCall> Parse(string[] lines)
    {
        List<TracedCall> calls = [];
        Dictionary<string, (int Start, string Text)> pending = [];
        for (var i = 0; i < lines.Length; i++)
        {
            if (Line().Match(lines[i]) is not { Success: true } match)
                continue;
            var (thread, text) = (match.Groups[1].Value, match.Groups[2].Value);
            if (text.EndsWith("<unfinished ...>", StringComparison.Ordinal))
                pending[thread] = (i, text[..^"<unfinished ...>".Length]);
            else if (text.StartsWith("<... ", StringComparison.Ordinal))
            {
                if (pending.Remove(thread, out var begun))
                    calls.Add(new(begun.Start, i, begun.Text + text[(text.IndexOf("resumed>", StringComparison.Ordinal) + "resumed>".Length)..]));
            }
            else
                calls.Add(new(i, i, text));
        }

        return calls;
    }

    [GeneratedRegex(@"^(\d+) +(.*)$")]
    private static partial Regex Line();
}

/// <summary>A call of the system.</summary>
/// <param name="Start">When it began: a line of the trace.</param>
/// <param name="End">When it was over.</param>
/// <param name="Text">The call as strace writes it.</param>
internal sealed partial record TracedCall(int Start, int End, string Text)
{
    public string Name => Text.Split('(')[0];

    public bool HasSucceeded => Result().Match(Text) is { Success: true, Groups: var groups } && groups[1].Value != "-1";

    /// <summary>Blanks stand before it, more of them where another thread's call came between.</summary>
    [GeneratedRegex(@"\) += (-?\w+)")]
    private static partial Regex Result();
}
