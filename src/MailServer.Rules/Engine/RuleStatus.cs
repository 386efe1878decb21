namespace MailServer.Rules;

/// <summary>How a script fares.</summary>
public enum RuleState
{
    /// <summary>The file as it is now is in service.</summary>
    Live,
    /// <summary>The file as it is now does not compile, or tests fail; the last version that was good is in service.</summary>
    Outdated,
    /// <summary>The file does not compile, or tests fail, and no earlier version is known: it is not in service.</summary>
    Broken,
}

/// <summary>One script's state.</summary>
public sealed record RuleStatus
{
    /// <summary>The file's name.</summary>
    public required string File { get; init; }

    /// <summary>Whether it is in service.</summary>
    public required RuleState State { get; init; }

    /// <summary>What the compiler says about the file as it is now.</summary>
    public IReadOnlyList<RuleDiagnostic> Diagnostics { get; init; } = [];

    /// <summary>Mails this version was asked about.</summary>
    public long Runs { get; init; }

    /// <summary>Mails it failed on, which were kept in INBOX.</summary>
    public long Failures { get; init; }

    /// <summary>The last failure, as <c>file(line): reason</c>.</summary>
    public string? LastFailure { get; init; }
}

/// <summary>The rules' state.</summary>
public sealed record RuleEngineStatus
{
    /// <summary>The scripts, in order.</summary>
    public required IReadOnlyList<RuleStatus> Rules { get; init; }

    /// <summary>Replaced versions that are still in memory: used by a message now, or about to be collected.</summary>
    public required int RetiredAlive { get; init; }

    /// <summary>Why the compiler could not be used at the last attempt, or null.</summary>
    public string? CompilerProblem { get; init; }

    /// <summary>Tests that the scripts as they are now do not pass. While there are any, the set that was in service before stays.</summary>
    public IReadOnlyList<RuleDiagnostic> FailedTests { get; init; } = [];
}
