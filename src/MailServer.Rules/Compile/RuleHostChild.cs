using System.Diagnostics;
using System.Text;
using System.Text.Json;

namespace MailServer.Rules;

/// <summary>A rule host that runs: it compiles what it is sent, until it is left alone for a while.</summary>
internal sealed class RuleHostChild : IDisposable
{
    // Output beyond this is no list of diagnostics any more.
    private const int MaxOutput = 4 * 1024 * 1024;

    // As much of a complaint as a log line can use.
    private const int MaxErrors = 4096;

    private readonly Process _process;
    private readonly Task<string> _errors;

    public RuleHostChild(Process process)
    {
        _process = process;
        _errors = ReadErrorsAsync(process.StandardError);
    }

    /// <summary>The processor time that it has taken in its life; zero once it has ended.</summary>
    public TimeSpan ProcessorTime
    {
        get
        {
            try
            {
                _process.Refresh();
                return _process.TotalProcessorTime;
            }
            catch (Exception e) when (e is InvalidOperationException or System.ComponentModel.Win32Exception)
            {
                return default;
            }
        }
    }

    public bool IsRunning => !_process.HasExited;

    /// <summary>Sends a request. False when the process has ended meanwhile.</summary>
    public async Task<bool> TrySendAsync(CompileRequest request, CancellationToken cancellationToken)
    {
        try
        {
            await _process.StandardInput.WriteAsync((JsonSerializer.Serialize(request, CompileJson.Default.CompileRequest) + "\n").AsMemory(), cancellationToken).ConfigureAwait(false);
            await _process.StandardInput.FlushAsync(cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }

    /// <summary>The lines of one answer, up to the empty line or the end; null when the process ended before it answered anything.</summary>
    public async Task<List<string>?> ReadAnswerAsync(CancellationToken cancellationToken)
    {
        List<string> lines = [];
        var length = 0;
        while (await _process.StandardOutput.ReadLineAsync(cancellationToken).ConfigureAwait(false) is { } line)
        {
            if (line.Length == 0)
                return lines;
            if ((length += line.Length) > MaxOutput)
                throw new RuleHostException("the rule host says too much");
            lines.Add(line);
        }

        return lines.Count == 0 ? null : lines;
    }

    /// <summary>Waits for the end, and says how it was.</summary>
    public async Task<(int ExitCode, string Errors)> EndAsync(CancellationToken cancellationToken)
    {
        await _process.WaitForExitAsync(cancellationToken).ConfigureAwait(false);
        return (_process.ExitCode, (await _errors.WaitAsync(cancellationToken).ConfigureAwait(false)).Trim());
    }

    public void Dispose()
    {
        try
        {
            if (!_process.HasExited)
                _process.Kill(entireProcessTree: true);
        }
        catch (Exception e) when (e is InvalidOperationException or System.ComponentModel.Win32Exception)
        {
            // It has ended by itself.
        }

        _process.Dispose();
    }

    private static async Task<string> ReadErrorsAsync(StreamReader reader)
    {
        var text = new StringBuilder();
        var buffer = new char[1024];
        try
        {
            while (await reader.ReadAsync(buffer, CancellationToken.None).ConfigureAwait(false) is > 0 and var count)
                if (text.Length < MaxErrors)
                    text.Append(buffer, 0, count);
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // It was killed; what it has said stands.
        }

        return text.ToString();
    }
}
