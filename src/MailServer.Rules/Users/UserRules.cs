using Microsoft.Extensions.Logging;

namespace MailServer.Rules;

/// <summary>
/// Users' own scripts, of all accounts. Nothing is read, compiled or watched before an account gets mail; then its folder is looked at, and what has changed is in
/// service for that very mail. The scripts run in locked-down processes, never here.
/// </summary>
public sealed class UserRules : IAsyncDisposable
{
    /// <summary>Tests beside an account's scripts.</summary>
    public const int MaxTests = UserRuleFolder.MaxTests;

    /// <summary>Octets of one of an account's scripts.</summary>
    public const int MaxScriptSize = UserRuleFolder.MaxSize;

    /// <summary>Accounts of which something is remembered; beyond them those that have been quiet for longest are forgotten, and read again when they get mail.</summary>
    private const int MaxRemembered = 1000;

    private readonly UserRuleOptions _options;
    private readonly TimeProvider _time;
    private readonly IRuleGate? _gate;
    private readonly ILogger _logger;
    private readonly UserRuleCompiler _compiler;
    private readonly WorkerPool _pool;
    private readonly CancellationTokenSource _end = new();
    private readonly Dictionary<string, UserAccount> _accounts = new(StringComparer.OrdinalIgnoreCase);
    private readonly Lock _lock = new();

    /// <summary>Makes it; nothing runs before the first mail.</summary>
    /// <param name="options">Where, and what it may cost.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logging">Makes the logger.</param>
    /// <param name="gate">Looks at an account's changed scripts before they go into service; null lets all that compiles pass.</param>
    public UserRules(UserRuleOptions options, TimeProvider time, ILoggerFactory logging, IRuleGate? gate = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(logging);
        (_options, _time, _gate) = (options, time, gate);
        _logger = logging.CreateLogger("MailServer.Rules");
        _compiler = new(options, time);
        _pool = new(options.Workers, time);
        if (options.Refusal is { } refusal)
            Log.UsersRefused(_logger, refusal);
    }

    /// <summary>
    /// Asks an account's scripts, as they are now, where a mail goes. There is an answer within <see cref="UserRuleOptions.MailLimit"/>, whatever the scripts do and
    /// however many mails wait. Never throws but when it is cancelled.
    /// </summary>
    /// <param name="account">The account's name.</param>
    /// <param name="directory">Where its scripts are; it need not be there.</param>
    /// <param name="mail">The mail; it is asked only while this runs.</param>
    /// <param name="recipient">For whom. Its notes are told what the rules have noted.</param>
    /// <param name="sofar">What was decided before.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>Where it goes, and the scripts that were asked.</returns>
    public async ValueTask<(Delivery Delivery, UserRuleSet Scripts)> DecideAsync(
        string account, string directory, IMailSource mail, IRecipientSource recipient, Delivery sofar, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(account);
        if (Know(account, directory) is not { } known)
            return (sofar, UserRuleSet.None);
        using var deadline = known.StartClock(cancellationToken);
        var scripts = await known.LookAsync(directory, _end.Token, deadline.Begin).ConfigureAwait(false);
        return (await scripts.DecideWithinAsync(deadline, mail, recipient, sofar).ConfigureAwait(false), scripts);
    }

    /// <summary>An account's scripts as they are now. Never fails: what is wrong is in the log, in <see cref="Status"/>, and in the set itself.</summary>
    /// <param name="account">The account's name.</param>
    /// <param name="directory">Where its scripts are; it need not be there.</param>
    /// <param name="cancellationToken">Gives up waiting for the compiler: then they are as they were before.</param>
    public ValueTask<UserRuleSet> FindAsync(string account, string directory, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(account);
        return Know(account, directory) is { } known ? known.LookAsync(directory, _end.Token, cancellationToken) : new(UserRuleSet.None);
    }

    /// <summary>Whether somebody's scripts are being compiled.</summary>
    internal bool IsCompiling => _compiler.IsBusy;

    /// <summary>How the scripts of the accounts that had mail lately fare.</summary>
    public UserRulesStatus Status()
    {
        lock (_lock)
            return new()
            {
                Refusal = _options.Refusal,
                Workers = _pool.Count,
                Accounts = [.. _accounts.Values.Where(account => account.HasScripts).OrderBy(account => account.Name, StringComparer.Ordinal).Select(account => account.Status())],
            };
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync().ConfigureAwait(false);
        await _pool.DisposeAsync().ConfigureAwait(false);
        foreach (var account in _accounts.Values)
            await account.IdleAsync().ConfigureAwait(false);
        _compiler.Dispose();
        _end.Dispose();
    }

    // Most accounts have none, and nothing is to be remembered of them.
    private UserAccount? Know(string account, string directory)
    {
        lock (_lock)
        {
            if (!_accounts.TryGetValue(account, out var known))
            {
                if (!Directory.Exists(directory))
                    return null;
                Forget();
                _accounts[account] = known = new(account, _options, _compiler, _pool, _gate, _time, _logger);
            }

            known.LastUsed = _time.GetTimestamp();
            return known;
        }
    }

    private void Forget()
    {
        if (_accounts.Count < MaxRemembered)
            return;
        foreach (var quiet in _accounts.Values.Where(account => account.IsIdle).OrderBy(account => account.LastUsed).Take(MaxRemembered / 10).ToArray())
        {
            _accounts.Remove(quiet.Name);
            quiet.Dispose();
        }
    }
}

/// <summary>How users' scripts fare.</summary>
public sealed record UserRulesStatus
{
    /// <summary>Why none may run here, or null.</summary>
    public string? Refusal { get; init; }

    /// <summary>Processes that run them now.</summary>
    public required int Workers { get; init; }

    /// <summary>Accounts that had mail lately and have scripts.</summary>
    public required IReadOnlyList<UserRuleStatus> Accounts { get; init; }
}

/// <summary>How one account's scripts fare.</summary>
public sealed record UserRuleStatus
{
    /// <summary>The account.</summary>
    public required string Account { get; init; }

    /// <summary>The scripts, in order. Runs and failures are counted for the whole set, since a failure may be the process's.</summary>
    public required IReadOnlyList<RuleStatus> Rules { get; init; }

    /// <summary>Mails they were asked about.</summary>
    public long Runs { get; init; }

    /// <summary>Mails they failed on, which were kept in INBOX.</summary>
    public long Failures { get; init; }

    /// <summary>The last failure, as <c>file(line): reason</c>.</summary>
    public string? LastFailure { get; init; }

    /// <summary>Whether they are left alone for a while, after too many crashes.</summary>
    public bool IsResting { get; init; }

    /// <summary>Why the compiler could not be used, or the tests not be run, at the last attempt; or null.</summary>
    public string? CompilerProblem { get; init; }

    /// <summary>Tests that the scripts as they are now do not pass. While there are any, the set that was in service before stays.</summary>
    public IReadOnlyList<RuleDiagnostic> FailedTests { get; init; } = [];
}
