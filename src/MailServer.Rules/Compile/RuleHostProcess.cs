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

    // Nobody misspells one of more.
    private const int MaxFolders = 2000;

    // As often as it could matter: a compiler that is done meanwhile is not asked.
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);

    private RuleHostChild? _child;
    private TimeSpan _before;
    private bool _isIdle;

    /// <summary>Where compilers go that are no longer needed; null when they end.</summary>
    public static SpareCompilers? Spare { get; set; }

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
        _isIdle = false;
        try
        {
            var replies = Parse(await AnswerAsync(RequestOf(files, output, identity), both.Token).ConfigureAwait(false));
            _isIdle = true;
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
            if (!_isIdle || stay <= TimeSpan.Zero)
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
        if (_child is { } child && _isIdle && Spare is { } spare)
            spare.Give(StartName, child);
        else
            _child?.Dispose();
        _child = null;
    }

    private async Task<List<string>> AnswerAsync(CompileRequest request, CancellationToken cancellationToken)
    {
        // One that has stayed may end at any moment: then another is started.
        _child ??= Spare?.Take(StartName);
        _before = _child?.ProcessorTime ?? default;
        if (_child is { IsRunning: true } && await TryAskAsync(_child).ConfigureAwait(false) is { } answer)
            return answer;

        _child?.Dispose();
        _before = default;
        _child = new(Start());
        return await TryAskAsync(_child).ConfigureAwait(false)
            ?? throw Failed(await _child.EndAsync(cancellationToken).ConfigureAwait(false));

        async Task<List<string>?> TryAskAsync(RuleHostChild child) =>
            await child.TrySendAsync(request, cancellationToken).ConfigureAwait(false) ? await child.ReadAnswerAsync(cancellationToken).ConfigureAwait(false) : null;
    }

    private static RuleHostException Failed((int ExitCode, string Errors) end) =>
        new($"the rule host failed ({end.ExitCode}): {RuleFailure.OneLine(end.Errors)}") { IsByInput = true };

    // Users' compiled forms lie beside their texts, which are copies of ours.
    private CompileRequest RequestOf(IReadOnlyList<string> files, string? output, string identity) => new()
    {
        Files = files,
        Output = output,
        IsBeside = IsForUsers,
        Identity = identity,
        IsForUsers = IsForUsers,
        Folders = [.. Folders.Take(MaxFolders)],
    };

    // What it is told at its start: those that are alike can stand in for each other.
    private string StartName => string.Create(CultureInfo.InvariantCulture, $"{path} {IsForUsers} {Stay.TotalSeconds}");

    private TimeSpan Stay => stay > TimeSpan.Zero || Spare is null ? stay : TimeSpan.FromSeconds(30);

    private Process Start()
    {
        List<string> arguments = ["compile", "--api", RuleIdentity.Api];
        if (Stay > TimeSpan.Zero)
            arguments.AddRange(["--stay", ((int)Stay.TotalSeconds).ToString(CultureInfo.InvariantCulture)]);
        var start = RuleHostProgram.Describe(path, arguments);
        start.StandardInputEncoding = new UTF8Encoding(false);
        start.StandardOutputEncoding = Encoding.UTF8;
        start.Environment["DOTNET_TieredPGO"] = "0"; // it lives for seconds
        if (IsForUsers)
            start.Environment["DOTNET_GCHeapHardLimit"] = UsersHeapLimit;
        return RuleHostProgram.Start(start);
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
