namespace MailServer.Rules;

/// <summary>What the processes that run users' scripts may cost, and how they are locked down.</summary>
public sealed record WorkerOptions
{
    /// <summary>The rule host's <c>MailServer.RuleHost.dll</c>.</summary>
    public required string RuleHostPath { get; init; }

    /// <summary>The user and group that workers become; null when the server is not root and they cannot.</summary>
    public (uint User, uint Group)? User { get; init; }

    /// <summary>Where bubblewrap is, to use where the kernel has no Landlock; null to run no users' scripts there.</summary>
    public string? Bubblewrap { get; init; }

    /// <summary>Workers at once, each for one account. One takes some 12 MiB of its own.</summary>
    public int MaxWorkers { get; init; } = 4;

    /// <summary>How long a worker waits for its account's next mail.</summary>
    public TimeSpan Stay { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Processor time that the scripts of an account may take for one mail, all together: rules need microseconds, the questions they ask some milliseconds.
    /// Time on the clock would be no measure: on a busy machine a second may pass before a process has had its turn.
    /// </summary>
    public TimeSpan RunLimit { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long they may take on the clock, whether they compute or not.</summary>
    public TimeSpan ClockLimit { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a worker may take to start, or to load scripts: 0.2 s on a PC, some seconds on a small machine under load. No mail waits for longer than its own time.</summary>
    public TimeSpan StartLimit { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Processor time of one mail from which an account is slow: its next mails have half of the workers at most, and come after others'. A worker's first mail is
    /// compiled to machine code in it, which takes some 0.1 s on a PC.
    /// </summary>
    public TimeSpan SlowFrom { get; init; } = TimeSpan.FromSeconds(0.5);

    /// <summary>Mails after which a worker is replaced by a new one: its limit of processor time is for its whole life.</summary>
    public int MaxRuns { get; init; } = 100_000;

    /// <summary>Steps a script may take for one mail.</summary>
    public int StepBudget { get; init; } = Rules.StepBudget.Default;

    /// <summary>Octets of a worker's collected heap. Below 48 MiB the runtime itself is at risk; a script needs a few.</summary>
    public long HeapLimit { get; init; } = 48L * 1024 * 1024;
}
