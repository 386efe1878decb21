namespace MailServer.Rules;

/// <summary>Users' own scripts: where what is compiled of them is kept, and what they may cost.</summary>
public sealed record UserRuleOptions
{
    /// <summary>Where compiled scripts and the texts that last compiled are kept, a folder for each account. Everything in it can be made again.</summary>
    public required string CacheDirectory { get; init; }

    /// <summary>The processes that run them.</summary>
    public required WorkerOptions Workers { get; init; }

    /// <summary>Why no user's script may run on this machine; null when they may. Mail is kept in INBOX then, and the owners are told.</summary>
    public string? Refusal { get; init; }

    /// <summary>The folders that an account has, by which the compiler knows misspelt ones; null where nobody reads its warnings.</summary>
    public Func<string, IReadOnlyList<string>>? KnownFolders { get; init; }

    /// <summary>Processor time that the compiler may take for an account's scripts. A text that makes it slow is its owner's.</summary>
    public TimeSpan CompileLimit { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>How long it may take on the clock, however busy the machine is. That is nobody's fault: the next mail tries again.</summary>
    public TimeSpan CompileClockLimit { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>How long after an edit mail waits for its owner's changed scripts to be compiled; after that it meets the version before, or none.</summary>
    public TimeSpan CompileWait { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>The same where the compiler had been for as long at another account's text, which is one that it cannot cope with.</summary>
    public TimeSpan CompileWaitForOthers { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How long a mail may be with its owner's scripts, all steps together. With what the server itself does for a mail it is in INBOX within ten seconds.</summary>
    public TimeSpan MailLimit { get; init; } = TimeSpan.FromSeconds(8);

    /// <summary>What of <see cref="MailLimit"/> is for the worker alone: a mail whose turn has not come before goes to INBOX, since an honest script would be broken off.</summary>
    public TimeSpan MailReserve { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How long all tests beside an account's scripts may take: a hundred that are right need less than one second.</summary>
    public TimeSpan TestLimit { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>How long the compiler waits for the next edit before it ends.</summary>
    public TimeSpan CompilerStay { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Times an account's scripts may break off their worker before they are left alone for a while.</summary>
    public int MaxCrashes { get; init; } = 3;

    /// <summary>How long they are left alone, and how long a crash is remembered.</summary>
    public TimeSpan Rest { get; init; } = TimeSpan.FromMinutes(10);
}
