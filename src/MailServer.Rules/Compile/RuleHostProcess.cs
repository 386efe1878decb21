using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace MailServer.Rules;

/// <summary>
/// Starts the rule host, the only process with a compiler in it. It ends when its work is done; one that may stay is used again for the next
/// edit, which then takes milliseconds, and ends when none comes. Not for use by two at once.
/// </summary>
internal sealed class RuleHostProcess(string path, TimeSpan limit, TimeSpan stay, TimeProvider time) : IDisposable
{
    // A text can make the compiler take as much memory as it gets; a script of a thousand lines needs some 100 MiB.
    private const string UsersHeapLimit = "18000000"; // 384 MiB, in hexadecimal as the runtime reads it

    // At first on the command line, which the kernel bounds; nobody misspells one of more.
    private const int MaxFolders = 2000;

    // As often as it could matter: a compiler that is done meanwhile is not asked.
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);

    private RuleHostChild? _child;
    private TimeSpan _before;
    private string _started = "";

    /// <summary>
    /// Whether the scripts are users': checked against what is for them, and with a limit on the compiler's memory. Their compiled forms go beside them, so that
    /// one process serves all accounts.
    /// </summary>
    public bool IsForUsers { get; init; }

    /// <summary>
    /// Processor time that one request may take; null for no other limit than the clock's. What is over it is the texts' fault. On the clock a busy machine
    /// may take a minute for an honest text, and that one must be tried again.
    /// </summary>
    public TimeSpan? ProcessorLimit { get; init; }

    /// <summary>Folders that the account of the next scripts has, by which misspelt ones are known.</summary>
    public IReadOnlyList<string> Folders { get; set; } = [];

    /// <summary>Checks scripts, and writes their compiled form into <paramref name="output"/> when that is not null.</summary>
    /// <exception cref="RuleHostException">The compiler could not be used.</exception>
    public async Task<IReadOnlyList<CompileReply>> CompileAsync(IReadOnlyList<string> files, string? output, string identity, CancellationToken cancellationToken)
    {
        if (!File.Exists(path))
            throw new RuleHostException($"the rule host is missing: {path}");

        using var timer = new CancellationTokenSource(limit, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(timer.Token, cancellationToken);
        using var look = ProcessorLimit is null ? null : time.CreateTimer(_ => CancelIfSpent(timer), null, LookEvery, LookEvery);
        var isDone = false;
        try
        {
            var replies = Parse(await AnswerAsync(files, output, identity, both.Token).ConfigureAwait(false));
            isDone = stay > TimeSpan.Zero;
            return replies;
        }
        catch (OperationCanceledException) when (timer.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw IsSpent
                ? new RuleHostException($"it takes more than {ProcessorLimit!.Value.TotalSeconds:0} s of processor time") { IsByInput = true }
                : new RuleHostException($"the rule host took longer than {limit.TotalSeconds:0} s") { IsByInput = ProcessorLimit is null };
        }
        finally
        {
            if (!isDone)
                Dispose();
        }
    }

    private bool IsSpent => ProcessorLimit is { } most && _child is { } child && child.ProcessorTime - _before >= most;

    private void CancelIfSpent(CancellationTokenSource timer)
    {
        try
        {
            if (IsSpent)
                timer.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // It is done meanwhile.
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
        _before = _child?.ProcessorTime ?? default;
        if (_child is { IsRunning: true } child && _started == $"{output} {identity}"
            && await child.TrySendAsync(files, Folders.Take(MaxFolders), cancellationToken).ConfigureAwait(false)
            && await child.ReadAnswerAsync(cancellationToken).ConfigureAwait(false) is { } answer)
            return answer;

        Dispose();
        _before = default;
        (_child, _started) = (new(Start(Arguments(files, output, identity))), $"{output} {identity}");
        return await _child.ReadAnswerAsync(cancellationToken).ConfigureAwait(false)
            ?? throw Failed(await _child.EndAsync(cancellationToken).ConfigureAwait(false));
    }

    private static RuleHostException Failed((int ExitCode, string Errors) end) =>
        new($"the rule host failed ({end.ExitCode}): {RuleFailure.OneLine(end.Errors)}") { IsByInput = true };

    private List<string> Arguments(IReadOnlyList<string> files, string? output, string identity)
    {
        List<string> arguments = ["compile", "--api", RuleIdentity.Api, .. Folders.Take(MaxFolders).SelectMany(folder => new[] { "--folder", folder })];
        if (IsForUsers)
            arguments.AddRange(["--users", "--beside", "--identity", identity]);
        else if (output is not null)
            arguments.AddRange(["--out", output, "--identity", identity]);
        if (stay > TimeSpan.Zero)
            arguments.AddRange(["--stay", ((int)stay.TotalSeconds).ToString(CultureInfo.InvariantCulture)]);
        return [.. arguments, "--", .. files];
    }

    private Process Start(List<string> arguments)
    {
        var start = RuleHostProgram.Describe(path, arguments);
        start.StandardInputEncoding = new UTF8Encoding(false);
        start.StandardOutputEncoding = Encoding.UTF8;
        start.Environment["DOTNET_TieredPGO"] = "0"; // it lives for seconds
        if (IsForUsers)
            start.Environment["DOTNET_GCHeapHardLimit"] = UsersHeapLimit;
        var process = RuleHostProgram.Start(start);
        if (stay <= TimeSpan.Zero)
            process.StandardInput.Close();
        return process;
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
