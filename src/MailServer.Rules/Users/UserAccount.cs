using Microsoft.Extensions.Logging;

namespace MailServer.Rules;

/// <summary>What is remembered of an account with scripts: the version in service, and how it has behaved.</summary>
internal sealed class UserAccount(string name, UserRuleOptions options, UserRuleCompiler compiler, WorkerPool pool, TimeProvider time, ILogger logger) : IDisposable
{
    private readonly UserRuleLoader _loader = new(options, compiler, name, time, logger);
    private readonly SemaphoreSlim _turn = new(1);
    private readonly Lock _gate = new();
    private readonly Queue<long> _crashes = new();
    private UserRuleLoad _load = UserRuleLoad.Empty;
    private string _seen = "";
    private string _crashedVersion = "";
    private Task _loading = Task.CompletedTask;
    private long _runs;
    private long _failures;
    private string? _lastFailure;

    public string Name => name;

    /// <summary>When it was last asked for.</summary>
    public long LastUsed { get; set; }

    public bool HasScripts => _load.Files.Count > 0;

    /// <summary>Whether nothing of it is under way.</summary>
    public bool IsIdle => _loading.IsCompleted && _turn.CurrentCount == 1;

    /// <summary>Looks at the folder; what has changed is compiled first, for as long as a mail may wait.</summary>
    public async ValueTask<UserRuleSet> LookAsync(string directory, CancellationToken end, CancellationToken cancellationToken)
    {
        var seen = UserRuleFolder.Look(directory);
        Task loading;
        lock (_gate)
        {
            if (seen != _seen && _loading.IsCompleted)
                _loading = Task.Run(() => LoadAsync(directory, seen, end), CancellationToken.None);
            loading = _loading;
        }

        if (!loading.IsCompleted)
            try
            {
                await loading.WaitAsync(options.CompileWait, time, cancellationToken).ConfigureAwait(false);
            }
            catch (TimeoutException)
            {
                Log.UserRulesLate(logger, name, options.CompileWait.TotalSeconds);
            }

        return new(this, _load);
    }

    /// <summary>Asks the worker. Never throws for what a script does.</summary>
    public async ValueTask<Delivery> DecideAsync(UserRuleLoad load, IMailSource mail, IRecipientSource recipient, Delivery sofar, CancellationToken cancellationToken)
    {
        if (options.Refusal is { } refusal)
            return Fail(load, sofar, $"users' rules do not run on this server: {refusal}");
        if (IsResting(load))
            return Fail(load, sofar, $"left alone for {options.Rest.TotalMinutes:0} minutes after {options.MaxCrashes} crashes");
        if (!await _turn.WaitAsync(options.Workers.WaitLimit, cancellationToken).ConfigureAwait(false))
            return Fail(load, sofar, $"the mails before this one took longer than {options.Workers.WaitLimit.TotalSeconds:0} s");
        try
        {
            Interlocked.Increment(ref _runs);
            var outcome = await AskAsync(load, mail, recipient, sofar, cancellationToken).ConfigureAwait(false);
            foreach (var warning in outcome.Warnings)
                Log.UserRuleWarned(logger, name, warning.Rule, warning.Line, warning.Action);
            if (outcome.Failure is { } failure)
                Record(failure);
            if (outcome.Notes.Count > 0)
                recipient.Notes.Write(outcome.Notes);
            return outcome.Delivery;
        }
        catch (WorkerException e)
        {
            if (e.End is WorkerEnd.Time or WorkerEnd.Died or WorkerEnd.Nonsense)
                Remember(load);
            return Fail(load, sofar, e.Message);
        }
        finally
        {
            _turn.Release();
        }
    }

    // A first death may be the machine's: another worker is asked once. Where there has been one, it is the scripts'.
    private async ValueTask<RuleOutcome> AskAsync(UserRuleLoad load, IMailSource mail, IRecipientSource recipient, Delivery sofar, CancellationToken cancellationToken)
    {
        try
        {
            return await pool.DecideAsync(name, load.Scripts, mail, recipient, sofar, cancellationToken).ConfigureAwait(false);
        }
        catch (WorkerException e) when (e.End is WorkerEnd.Died && !HasCrashed())
        {
            return await pool.DecideAsync(name, load.Scripts, mail, recipient, sofar, cancellationToken).ConfigureAwait(false);
        }
    }

    private bool HasCrashed()
    {
        lock (_gate)
            return _crashes.Count > 0;
    }

    public bool IsResting(UserRuleLoad load)
    {
        lock (_gate)
        {
            while (_crashes.TryPeek(out var first) && time.GetElapsedTime(first) > options.Rest)
                _crashes.Dequeue();
            return _crashes.Count >= options.MaxCrashes && _crashedVersion == load.Scripts.Version;
        }
    }

    /// <summary>What the owner has to know, one line each; empty when all is well.</summary>
    public IReadOnlyList<string> Complaints(UserRuleLoad load)
    {
        List<string> lines = [.. load.Diagnostics.Where(diagnostic => diagnostic.IsError).Select(diagnostic => diagnostic.ToString())];
        if (options.Refusal is { } refusal)
            lines.Add($"Users' rules do not run on this server: {refusal}. Your mail is kept in INBOX.");
        if (IsResting(load))
            lines.Add($"{_lastFailure}. After {options.MaxCrashes} such crashes your rules are left alone for {options.Rest.TotalMinutes:0} minutes.");
        return lines;
    }

    /// <summary>Whether the owner may be told now: at most once a day, also over restarts. Who asks has to tell.</summary>
    public bool MayTell()
    {
        var mark = Path.Combine(_loader.Folder, "told");
        try
        {
            var now = time.GetUtcNow().UtcDateTime;
            if (File.Exists(mark) && now - File.GetLastWriteTimeUtc(mark) < TimeSpan.FromDays(1))
                return false;
            Directory.CreateDirectory(_loader.Folder);
            File.WriteAllBytes(mark, []);
            File.SetLastWriteTimeUtc(mark, now);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Better not told than told with each mail.
            Log.CacheUnwritable(logger, _loader.Folder, e.Message);
            return false;
        }
    }

    public UserRuleStatus Status()
    {
        var load = _load;
        return new()
        {
            Account = name,
            Rules = [.. load.Files.Select(file => new RuleStatus
            {
                File = file,
                State = load.Live.Contains(file) ? RuleState.Live : load.Scripts.Versions.ContainsKey(file) ? RuleState.Outdated : RuleState.Broken,
                Diagnostics = [.. load.Diagnostics.Where(diagnostic => diagnostic.File == file)],
            })],
            Runs = Volatile.Read(ref _runs),
            Failures = Volatile.Read(ref _failures),
            LastFailure = _lastFailure,
            IsResting = IsResting(load),
            CompilerProblem = load.CompilerProblem,
        };
    }

    public Task IdleAsync() => _loading;

    public void Dispose() => _turn.Dispose();

    private async Task LoadAsync(string directory, string seen, CancellationToken end)
    {
#pragma warning disable CA1031 // the version in service goes on; the next mail tries again
        try
        {
            var before = _load;
            var load = await _loader.LoadAsync(directory, end).ConfigureAwait(false);
            (_load, _seen) = (load, load.CompilerProblem is null ? seen : "?");
            Report(before, load);
        }
        catch (Exception e)
        {
            if (!end.IsCancellationRequested)
                Log.ReloadFailed(logger, e);
        }
#pragma warning restore CA1031
    }

    private void Report(UserRuleLoad before, UserRuleLoad load)
    {
        foreach (var first in load.Diagnostics.Where(diagnostic => diagnostic.IsError).DistinctBy(diagnostic => diagnostic.File))
            Log.UserRuleDoesNotCompile(
                logger, name, first.File, load.Scripts.Versions.ContainsKey(first.File) ? "its last good version stays in service" : "it is not in service", first.ToString());
        if (load.CompilerProblem is { } problem)
            Log.NoCompiler(logger, problem);
        if (load.Scripts.Version != before.Scripts.Version)
            Log.UserRulesInService(logger, name, string.Join(' ', load.Scripts.Scripts.Select(script => script.File)));
    }

    private Delivery Fail(UserRuleLoad load, Delivery sofar, string reason)
    {
        // Which of the scripts it was nobody can tell any more: it is all of them, and what they did is undone.
        var rule = load.Scripts.Scripts is [var only] ? only.File : "rules";
        var plan = new DeliveryPlan(sofar);
        plan.Begin(rule, load.Scripts.Versions.GetValueOrDefault(rule));
        plan.Fail(0, reason);
        Record(new() { Rule = rule, Action = reason });
        return plan.ToDelivery();
    }

    private void Record(DeliveryStep failure)
    {
        Interlocked.Increment(ref _failures);
        _lastFailure = failure.Line > 0 ? $"{failure.Rule}({failure.Line}): {failure.Action}" : $"{failure.Rule}: {failure.Action}";
        Log.UserRuleFailed(logger, name, failure.Rule, failure.Line, failure.Action);
    }

    private void Remember(UserRuleLoad load)
    {
        lock (_gate)
        {
            if (_crashedVersion != load.Scripts.Version)
                _crashes.Clear();
            _crashedVersion = load.Scripts.Version;
            _crashes.Enqueue(time.GetTimestamp());
        }
    }
}
