using MailServer.Posix;
using Microsoft.Extensions.Logging;

namespace MailServer.Rules;

/// <summary>
/// Keeps the administrators' scripts in service: loads them from the cache, has changed ones compiled, and puts a new set in place with
/// one exchange. A script that does not compile leaves its last good version in service.
/// </summary>
public sealed class RuleEngine : IAsyncDisposable
{
    /// <summary>Where the scripts' own tests are, beside them.</summary>
    public const string TestsFolder = "tests";

    /// <summary>Warnings of one script in the log: <c>rules check</c> shows all.</summary>
    private const int MaxAdvice = 5;

    private readonly RuleOptions _options;
    private readonly DirectoryWatcher _watcher;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly RuleLoader _loader;
    private readonly SemaphoreSlim _reloading = new(1);
    private readonly SemaphoreSlim _changed = new(0, 1);
    private readonly CancellationTokenSource _end = new();
    private readonly List<WeakReference> _retired = [];
    private readonly DailyMark _told;
    private IDisposable? _watch;
    private IDisposable? _testsWatch;
    private Task _starting = Task.CompletedTask;
    private Task _loop = Task.CompletedTask;
    private Task _telling = Task.CompletedTask;
    private volatile RuleSet _current;
    private volatile RuleLoad _last = RuleLoad.Empty;

    /// <summary>Makes an engine without scripts; <see cref="StartAsync"/> loads them.</summary>
    /// <param name="options">Where they are.</param>
    /// <param name="watcher">Tells of edits.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logging">Makes the engine's logger.</param>
    /// <param name="gate">Looks at a new set before it goes into service; null lets all that compiles pass.</param>
    public RuleEngine(RuleOptions options, DirectoryWatcher watcher, TimeProvider time, ILoggerFactory logging, IRuleGate? gate = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(logging);
        (_options, _watcher, _time) = (options, watcher, time);
        _logger = logging.CreateLogger("MailServer.Rules");
        _loader = new(options, gate, time, _logger);
        _told = new(Path.Combine(options.CacheDirectory, "notices"), time, _logger);
        _current = new([], options.StepBudget, _logger);
    }

    /// <summary>
    /// Tells whoever looks after these scripts what is wrong with them, one line each; null tells nobody. Each script is told of once a day at most, and so
    /// are tests that fail. Set it before the start; it must not throw, and ends when the server does.
    /// </summary>
    public Func<IReadOnlyList<string>, CancellationToken, Task>? Tell { get; set; }

    /// <summary>The scripts in service. Take it once a message, so that all its recipients meet the same version.</summary>
    public RuleSet Current => _current;

    /// <summary>Loads the scripts and watches their folder from now on. Never fails: what is wrong is in the log and in <see cref="Status"/>.</summary>
    public Task StartAsync(CancellationToken cancellationToken) => _starting = BeginAsync(cancellationToken);

    private async Task BeginAsync(CancellationToken cancellationToken)
    {
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _end.Token);
        await ReloadAsync(ends.Token).ConfigureAwait(false);
        using (ExecutionContext.SuppressFlow())
            _loop = Task.Run(() => FollowAsync(_end.Token), CancellationToken.None);
    }

    /// <summary>Asks the scripts in service where a mail goes.</summary>
    public Delivery Decide(Mail mail, IRecipientSource recipient, Delivery sofar) => _current.Decide(mail, recipient, sofar);

    /// <summary>Looks at the folder again, and waits until what it holds is in service.</summary>
    public async Task ReloadAsync(CancellationToken cancellationToken)
    {
        await _reloading.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            Watch();
            var before = _current;
            var load = await _loader.LoadAsync(before.Rules, cancellationToken).ConfigureAwait(false);
            if (load is null)
                return;
            var last = _last;
            _last = load;
            if (!load.Rules.SequenceEqual(before.Rules))
                _current = new(load.Rules, _options.StepBudget, _logger);
            Retire(before.Rules.Except(load.Rules).Concat(load.Refused));
            Report(load, last);
            Notify(load);
        }
        finally
        {
            _reloading.Release();
        }
    }

    /// <summary>How the scripts fare.</summary>
    public RuleEngineStatus Status()
    {
        var load = _last;
        int alive;
        lock (_retired)
        {
            _retired.RemoveAll(context => !context.IsAlive);
            alive = _retired.Count;
        }

        return new()
        {
            Rules = [.. load.Files.Select(file => StatusOf(file, load))],
            RetiredAlive = alive,
            CompilerProblem = load.CompilerProblem,
            FailedTests = load.Objections,
        };
    }

    /// <summary>Checks scripts without putting them in service: files, and all scripts of folders.</summary>
    /// <exception cref="IOException">The compiler could not be used; the message says why.</exception>
    public static async Task<IReadOnlyList<RuleCheck>> CheckAsync(RuleOptions options, IReadOnlyList<string> paths, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(paths);
        var files = paths.SelectMany(path => Directory.Exists(path) ? RuleFolder.Paths(path) : [path]).Distinct().ToList();
        var missing = files.Where(file => !File.Exists(file)).ToHashSet();
        var present = files.Where(file => !missing.Contains(file)).ToList();
        try
        {
            using var host = new RuleHostProcess(options.RuleHostPath, options.CompileLimit, stay: TimeSpan.Zero, TimeProvider.System) { Folders = options.KnownFolders };
            var replies = present.Count == 0 ? [] : await host.CompileAsync(present, null, "", cancellationToken).ConfigureAwait(false);
            var found = replies.ToDictionary(reply => reply.File, reply => reply.Diagnostics);
            return [.. files.Select(file => new RuleCheck(file, missing.Contains(file)
                ? [RuleDiagnostic.OfFile(file, "no such file")]
                : found.GetValueOrDefault(file) ?? [RuleDiagnostic.OfFile(file, "the compiler did not answer")]))];
        }
        catch (RuleHostException e)
        {
            throw new IOException(e.Message, e);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync().ConfigureAwait(false);
        _watch?.Dispose();
        _testsWatch?.Dispose();
        // A start under way goes to its end first: it would use what is disposed here.
        await _starting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _loop.ConfigureAwait(false);
        await _telling.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _loader.Dispose();
        var last = _current;
        _current = new([], _options.StepBudget, _logger);
        foreach (var rule in last.Rules)
            rule.Retire();
        _end.Dispose();
        _reloading.Dispose();
        _changed.Dispose();
    }

    // Again at each reload: the folder may have been replaced by another of its name. The new watch begins before the folder is read.
    private void Watch()
    {
        var old = _watch;
        _watch = _watcher.Watch(_options.GlobalDirectory, SignalChange);
        old?.Dispose();
        old = _testsWatch;
        var tests = Path.Combine(_options.GlobalDirectory, TestsFolder);
        _testsWatch = Directory.Exists(tests) ? _watcher.Watch(tests, SignalChange) : null;
        old?.Dispose();
    }

    private void SignalChange()
    {
        try
        {
            _changed.Release();
        }
        catch (Exception e) when (e is SemaphoreFullException or ObjectDisposedException)
        {
            // A look is due already, or never again.
        }
    }

    private async Task FollowAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                await _changed.WaitAsync(cancellationToken).ConfigureAwait(false);
                await Task.Delay(_options.Settle, _time, cancellationToken).ConfigureAwait(false);
                await _changed.WaitAsync(TimeSpan.Zero, cancellationToken).ConfigureAwait(false);
                await ReloadAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
#pragma warning disable CA1031 // The scripts in service go on; the next change tries again.
            catch (Exception e)
            {
                Log.ReloadFailed(_logger, e);
            }
#pragma warning restore CA1031
        }
    }

    private void Retire(IEnumerable<LoadedRule> gone)
    {
        var count = 0;
        lock (_retired)
        {
            foreach (var rule in gone)
            {
                _retired.Add(rule.Retire());
                count++;
            }
        }

        // Without a collection old contexts stay for minutes, since nothing else reaches generation 2. Saves are rare: one is cheap.
        for (var round = 0; count > 0 && round < 2; round++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }
    }

    private void Report(RuleLoad load, RuleLoad last)
    {
        foreach (var (file, diagnostics) in load.Diagnostics)
            if (diagnostics.FirstOrDefault(diagnostic => diagnostic.IsError) is { } first && diagnostics != last.Diagnostics.GetValueOrDefault(file))
                Log.DoesNotCompile(
                    _logger, file, load.Rules.Any(rule => rule.File == file) ? "its last good version stays in service" : "it is not in service", first.ToString());
        foreach (var (file, diagnostics) in load.Diagnostics)
            if (load.Live.Contains(file) && diagnostics != last.Diagnostics.GetValueOrDefault(file))
                foreach (var advice in diagnostics.Take(MaxAdvice))
                    Log.RuleAdvice(_logger, advice.ToString());
        if (load.CompilerProblem is { } problem)
            Log.NoCompiler(_logger, problem);
        if (load.Objections is [var objection, ..] && !load.Objections.SequenceEqual(last.Objections))
            Log.TestsFail(_logger, load.Objections.Count, objection.ToString());
        if (!load.Rules.SequenceEqual(last.Rules))
            Log.InService(_logger, string.Join(' ', load.Rules.Select(rule => rule.File)));
    }

    // Nobody waits for it: a mail to the owner needs accounts, which may be there later than the rules.
    private void Notify(RuleLoad load)
    {
        if (Tell is not { } tell)
            return;
        List<string> lines = [];
        foreach (var (file, diagnostics) in load.Diagnostics)
            if (diagnostics.Where(diagnostic => diagnostic.IsError).ToArray() is { Length: > 0 } errors && _told.MayTell($"{file} does not compile"))
                lines.AddRange(errors.Select(error => error.ToString()));
        if (load.Objections.Count > 0 && _told.MayTell("tests fail"))
            lines.AddRange(["As they are now, the rules fail their tests, and what was in service before stays:", .. load.Objections.Select(test => test.ToString())]);
        if (load.CompilerProblem is { } problem && _told.MayTell("no compiler"))
            lines.Add($"They cannot be compiled: {problem}");
        if (lines.Count > 0)
            _telling = Task.WhenAll(_telling, tell(lines, _end.Token));
    }

    private static RuleStatus StatusOf(string file, RuleLoad load)
    {
        var rule = Array.Find(load.Rules, loaded => loaded.File == file);
        var diagnostics = load.Diagnostics.GetValueOrDefault(file) ?? [];
        var isGood = load.Live.Contains(file);
        return new()
        {
            File = file,
            State = isGood ? RuleState.Live : rule is null ? RuleState.Broken : RuleState.Outdated,
            Diagnostics = diagnostics,
            Runs = rule?.Runs ?? 0,
            Failures = rule?.Failures ?? 0,
            LastFailure = rule?.LastFailure,
        };
    }
}
