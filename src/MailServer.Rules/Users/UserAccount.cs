using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Logging;

namespace MailServer.Rules;

/// <summary>What is remembered of an account with scripts: the version in service, and how it has behaved.</summary>
internal sealed class UserAccount(string name, UserRuleOptions options, UserRuleCompiler compiler, WorkerPool pool, IRuleGate? gate, TimeProvider time, ILogger logger) : IDisposable
{
    private readonly UserRuleLoader _loader = new(options, compiler, name, time, logger);
    private readonly DailyMark _told = new(Path.Combine(UserRuleLoader.FolderOf(options, name), "notices"), time, logger);
    private readonly SemaphoreSlim _turn = new(1);
    private readonly Lock _lock = new();
    private readonly Queue<long> _crashes = new();
    private UserRuleLoad _load = UserRuleLoad.Empty;
    private string _seen = "";
    private string _crashedVersion = "";
    private Task _loading = Task.CompletedTask;
    private long _loadingSince;
    private TimeSpan _loadingWait;
    private long _runs;
    private long _failures;
    private string? _lastFailure;
    private Fault? _fault;

    public string Name => name;

    /// <summary>When it was last asked for.</summary>
    public long LastUsed { get; set; }

    public bool HasScripts => _load.Files.Count > 0;

    /// <summary>Begins the time that a mail has.</summary>
    public MailDeadline StartClock(CancellationToken cancellationToken) => new(options, time, cancellationToken);

    private string LeftAlone => $"left alone for {options.Rest.TotalMinutes:0} minutes after {options.MaxCrashes} crashes";

    /// <summary>Whether nothing of it is under way.</summary>
    public bool IsIdle => _loading.IsCompleted && _turn.CurrentCount == 1;

    /// <summary>Looks at the folder; what has changed is compiled first, for as long as mail may wait after an edit.</summary>
    public async ValueTask<UserRuleSet> LookAsync(string directory, CancellationToken end, CancellationToken cancellationToken)
    {
        var seen = UserRuleFolder.Look(directory);
        Task loading;
        TimeSpan wait;
        lock (_lock)
        {
            // After a restart: what was last in service, until what is there now is compiled and tested.
            if (ReferenceEquals(_load, UserRuleLoad.Empty))
                _load = _loader.LastInService();
            if (seen != _seen && _loading.IsCompleted)
            {
                (_loadingSince, _loadingWait) = (time.GetTimestamp(), compiler.IsStuck ? options.CompileWaitForOthers : options.CompileWait);
                _loading = Task.Run(() => LoadAsync(directory, seen, end), CancellationToken.None);
            }

            loading = _loading;
            // From the edit on, and not for each mail anew: a text that takes the compiler minutes must not hold up all mail for as long.
            wait = _loadingWait - time.GetElapsedTime(_loadingSince);
        }

        if (!loading.IsCompleted && (wait <= TimeSpan.Zero || !await IsDoneAsync(loading, wait, cancellationToken).ConfigureAwait(false)))
            Log.UserRulesLate(logger, name, _loadingWait.TotalSeconds);
        return new(this, _load);
    }

    private async ValueTask<bool> IsDoneAsync(Task loading, TimeSpan wait, CancellationToken cancellationToken)
    {
        try
        {
            await loading.WaitAsync(wait, time, cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (Exception e) when (e is TimeoutException or OperationCanceledException)
        {
            return false;
        }
    }

    /// <summary>Asks the worker. Never throws for what a script does.</summary>
    public async ValueTask<Delivery> DecideAsync(UserRuleLoad load, IMailSource mail, IRecipientSource recipient, Delivery sofar, MailDeadline deadline)
    {
        if (options.Refusal is { } refusal)
            return Fail(load, sofar, $"users' rules do not run on this server: {refusal}");
        if (IsResting(load))
            return Fail(load, sofar, LeftAlone);
        if (!await TakeTurnAsync(deadline).ConfigureAwait(false))
            return Fail(load, sofar, "the mails before this one took too long");
        try
        {
            // While it waited those before it may have crashed.
            if (IsResting(load))
                return Fail(load, sofar, LeftAlone);
            Interlocked.Increment(ref _runs);
            var outcome = await AskAsync(load, mail, recipient, sofar, deadline).ConfigureAwait(false);
            foreach (var warning in outcome.Warnings)
                Log.UserRuleWarned(logger, name, warning.Rule, warning.Line, warning.Action);
            if (outcome.Failure is { } failure)
                Record(failure);
            if ((outcome.Failure ?? (outcome.Warnings is [var first, ..] ? first : null)) is { } fault)
                _fault = new(load.Scripts.Version, TextOf(fault));
            if (outcome.Notes.Count > 0)
                recipient.Notes.Write(outcome.Notes);
            return outcome.Delivery;
        }
        catch (WorkerException e)
        {
            var kept = Fail(load, sofar, e.Message);
            if (e.End is WorkerEnd.Time or WorkerEnd.Died or WorkerEnd.Nonsense)
            {
                Remember(load);
                _fault = new(load.Scripts.Version, TextOf(kept.Steps[^1]));
            }

            return kept;
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Asks scripts that are not in service yet, in a worker of their own. What they do counts for nothing and is written nowhere.</summary>
    /// <exception cref="RuleTrialException">No worker could be had.</exception>
    public async ValueTask<Delivery> TryAsync(UserRuleLoad load, IMailSource mail, IRecipientSource recipient, Delivery sofar, CancellationToken cancellationToken)
    {
        try
        {
            using var deadline = StartClock(cancellationToken);
            return (await AskTrialAsync(load, mail, recipient, sofar, deadline).ConfigureAwait(false)).Delivery;
        }
        catch (WorkerException e) when (e.End is WorkerEnd.Time or WorkerEnd.Died or WorkerEnd.Nonsense)
        {
            return FailAll(load, sofar, e.Message).ToDelivery();
        }
        catch (WorkerException e)
        {
            throw new RuleTrialException($"the tests cannot be run: {e.Message}");
        }
    }

    // Under another name: the worker of those in service keeps them loaded. A death may be the machine's: another worker is asked once.
    private async Task<RuleOutcome> AskTrialAsync(UserRuleLoad load, IMailSource mail, IRecipientSource recipient, Delivery sofar, MailDeadline deadline)
    {
        var trial = $"{name} (tests)";
        try
        {
            return await pool.DecideAsync(trial, load.Scripts, mail, recipient, sofar, deadline, isTrial: true).ConfigureAwait(false);
        }
        catch (WorkerException e) when (e.End is WorkerEnd.Died)
        {
            return await pool.DecideAsync(trial, load.Scripts, mail, recipient, sofar, deadline, isTrial: true).ConfigureAwait(false);
        }
    }

    private async ValueTask<bool> TakeTurnAsync(MailDeadline deadline)
    {
        try
        {
            await _turn.WaitAsync(deadline.Begin).ConfigureAwait(false);
            return true;
        }
        catch (OperationCanceledException) when (deadline.IsTooLate)
        {
            return false;
        }
    }

    // A first death may be the machine's: another worker is asked once. Where there has been one, it is the scripts'.
    private async ValueTask<RuleOutcome> AskAsync(UserRuleLoad load, IMailSource mail, IRecipientSource recipient, Delivery sofar, MailDeadline deadline)
    {
        try
        {
            return await pool.DecideAsync(name, load.Scripts, mail, recipient, sofar, deadline).ConfigureAwait(false);
        }
        catch (WorkerException e) when (e.End is WorkerEnd.Died && !HasCrashed())
        {
            Log.WorkerDied(logger, name, e.Message);
            return await pool.DecideAsync(name, load.Scripts, mail, recipient, sofar, deadline).ConfigureAwait(false);
        }
    }

    private bool HasCrashed()
    {
        lock (_lock)
            return _crashes.Count > 0;
    }

    public bool IsResting(UserRuleLoad load)
    {
        lock (_lock)
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
        if (load.Objections.Count > 0)
            lines.AddRange(["As they are now, your rules fail their tests, and what was in service before stays:", .. load.Objections.Select(test => test.ToString())]);
        if (options.Refusal is { } refusal)
            lines.Add($"Users' rules do not run on this server: {refusal}. Your mail is kept in INBOX.");
        if (IsResting(load))
            lines.Add($"{_lastFailure}. After {options.MaxCrashes} such crashes your rules are left alone for {options.Rest.TotalMinutes:0} minutes.");
        else if (_fault is { } fault && fault.Version == load.Scripts.Version)
            lines.Add(fault.Text);
        return lines;
    }

    /// <summary>Whether the owner may be told now: at most once a day, of whatever it is. Who asks has to tell.</summary>
    public bool MayTell() => _told.MayTell("");

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
            FailedTests = load.Objections,
        };
    }

    public Task IdleAsync() => _loading;

    public void Dispose() => _turn.Dispose();

    private async Task LoadAsync(string directory, string seen, CancellationToken end)
    {
#pragma warning disable CA1031 // the version in service goes on; the next mail tries again
        try
        {
            var before = _seen.Length == 0 ? UserRuleLoad.Empty : _load;
            var load = await _loader.LoadAsync(directory, (made, ended) => CheckAsync(made, directory, seen, ended), end).ConfigureAwait(false);
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

    /// <summary>What the gate says against changed scripts.</summary>
    private async Task<IReadOnlyList<RuleDiagnostic>> CheckAsync(UserRuleLoad load, string directory, string seen, CancellationToken cancellationToken)
    {
        if (gate is null || options.Refusal is not null)
            return [];

        // After a restart the same scripts and tests are in service at once: their mail need not wait for a worker twice.
        var (mark, digest) = (Path.Combine(_loader.Folder, "passed"), Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{load.Scripts.Version}\n{seen}"))));
        if (File.Exists(mark) && await File.ReadAllTextAsync(mark, cancellationToken).ConfigureAwait(false) == digest)
            return [];
        using var limit = new CancellationTokenSource(options.TestLimit, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            var objections = await gate.CheckAsync(new UserRuleSet(this, load, isTrial: true), directory, both.Token).ConfigureAwait(false);
            if (objections.Count == 0)
                await File.WriteAllTextAsync(mark, digest, cancellationToken).ConfigureAwait(false);
            return objections;
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            return [RuleDiagnostic.OfFile(RuleEngine.TestsFolder, $"the tests take longer than {options.TestLimit.TotalSeconds:0} s, all together")];
        }
    }

    private void Report(UserRuleLoad before, UserRuleLoad load)
    {
        foreach (var first in load.Diagnostics.Where(diagnostic => diagnostic.IsError).DistinctBy(diagnostic => diagnostic.File))
            Log.UserRuleDoesNotCompile(
                logger, name, first.File, load.Scripts.Versions.ContainsKey(first.File) ? "its last good version stays in service" : "it is not in service", first.ToString());
        if (load.CompilerProblem is { } problem)
            Log.NoCompiler(logger, problem);
        if (load.Objections is [var objection, ..] && !load.Objections.SequenceEqual(before.Objections))
            Log.UserTestsFail(logger, name, load.Objections.Count, objection.ToString());
        if (load.Scripts.Version != before.Scripts.Version)
            Log.UserRulesInService(logger, name, string.Join(' ', load.Scripts.Scripts.Select(script => script.File)));
    }

    private Delivery Fail(UserRuleLoad load, Delivery sofar, string reason)
    {
        var plan = FailAll(load, sofar, reason);
        Record(new() { Rule = plan.Rule, Action = reason });
        return plan.ToDelivery();
    }

    // Which of the scripts it was nobody can tell any more: it is all of them, and what they did is undone.
    private static DeliveryPlan FailAll(UserRuleLoad load, Delivery sofar, string reason)
    {
        var rule = load.Scripts.Scripts is [var only] ? only.File : "rules";
        var plan = new DeliveryPlan(sofar);
        plan.Begin(rule, load.Scripts.Versions.GetValueOrDefault(rule), isOwn: true);
        plan.Fail(0, reason);
        return plan;
    }

    private void Record(DeliveryStep failure)
    {
        Interlocked.Increment(ref _failures);
        _lastFailure = TextOf(failure);
        Log.UserRuleFailed(logger, name, failure.Rule, failure.Line, failure.Action);
    }

    private static string TextOf(DeliveryStep step) => step.Line > 0 ? $"{step.Rule}({step.Line}): {step.Action}" : $"{step.Rule}: {step.Action}";

    private void Remember(UserRuleLoad load)
    {
        lock (_lock)
        {
            if (_crashedVersion != load.Scripts.Version)
                _crashes.Clear();
            _crashedVersion = load.Scripts.Version;
            _crashes.Enqueue(time.GetTimestamp());
        }
    }

    /// <summary>What the scripts of a version did wrong, as their owner is told.</summary>
    private sealed record Fault(string Version, string Text);
}
