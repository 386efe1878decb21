namespace MailServer.Rules;

/// <summary>One account's scripts at one moment. A message keeps the set it began with.</summary>
public sealed class UserRuleSet
{
    private readonly UserAccount? _account;
    private readonly UserRuleLoad _load;
    private readonly bool _isTrial;

    internal UserRuleSet(UserAccount? account, UserRuleLoad load, bool isTrial = false) => (_account, _load, _isTrial) = (account, load, isTrial);

    /// <summary>No scripts.</summary>
    public static UserRuleSet None { get; } = new(null, UserRuleLoad.Empty);

    /// <summary>Whether there is nothing to ask.</summary>
    public bool IsEmpty => _load.Scripts.Scripts.Count == 0;

    /// <summary>The file names of the scripts in service, in order.</summary>
    public IEnumerable<string> Files => _load.Scripts.Scripts.Select(script => script.File);

    /// <summary>Each script as a set of its own, in order.</summary>
    public IEnumerable<UserRuleSet> Each() => _load.Scripts.Scripts.Select(script => new UserRuleSet(_account, _load with { Scripts = new([script]) }, _isTrial));

    /// <summary>The version of a script in service, as the journal writes it; null when there is no such script.</summary>
    public string? VersionOf(string file) => _load.Scripts.Versions.GetValueOrDefault(file);

    /// <summary>What is wrong with the files as they are now.</summary>
    public IReadOnlyList<RuleDiagnostic> Diagnostics => _load.Diagnostics;

    /// <summary>Tests that the files as they are now do not pass. While there are any, the set that was in service before stays.</summary>
    public IReadOnlyList<RuleDiagnostic> FailedTests => _load.Objections;

    /// <summary>
    /// Asks the scripts, in a process of their own, where a mail goes. Never throws but when it is cancelled: scripts that fail, crash or take too long mean that
    /// what they did is undone and the mail is kept in INBOX beside what was decided before. Many mails one after the other meet one process.
    /// </summary>
    /// <param name="mail">The mail; it is asked only while this runs.</param>
    /// <param name="recipient">For whom. Its notes are told what the rules have noted.</param>
    /// <param name="sofar">What was decided before.</param>
    /// <param name="cancellationToken">Gives up waiting for a process.</param>
    public async ValueTask<Delivery> DecideAsync(IMailSource mail, IRecipientSource recipient, Delivery sofar, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(mail);
        ArgumentNullException.ThrowIfNull(sofar);
        if (_isTrial && _account is not null && !IsEmpty && !sofar.IsFinal)
            return await _account.TryAsync(_load, mail, recipient, sofar, cancellationToken).ConfigureAwait(false);
        using var deadline = _account?.StartClock(cancellationToken);
        return deadline is null ? sofar : await DecideWithinAsync(deadline, mail, recipient, sofar).ConfigureAwait(false);
    }

    internal ValueTask<Delivery> DecideWithinAsync(MailDeadline deadline, IMailSource mail, IRecipientSource recipient, Delivery sofar) =>
        _account is null || IsEmpty || sofar.IsFinal ? new(sofar) : _account.DecideAsync(_load, mail, recipient, sofar, deadline);

    /// <summary>
    /// What the account's owner has to be told now, one line each: scripts that do not compile, or that failed on a mail. Null when there is nothing, or when
    /// something was told within a day. Whoever asks has to tell it.
    /// </summary>
    public IReadOnlyList<string>? TakeNotice() =>
        _account?.Complaints(_load) is { Count: > 0 } lines && _account.MayTell() ? lines : null;
}
