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

    /// <summary>How long the compiler may take for an account's scripts. A text that makes it slow is its owner's.</summary>
    public TimeSpan CompileLimit { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>How long a mail waits for its owner's changed scripts to be compiled; after that it meets the version before, or none.</summary>
    public TimeSpan CompileWait { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long all tests beside an account's scripts may take: a hundred that are right need less than one second.</summary>
    public TimeSpan TestLimit { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>How long the compiler waits for the next edit before it ends.</summary>
    public TimeSpan CompilerStay { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Times an account's scripts may break off their worker before they are left alone for a while.</summary>
    public int MaxCrashes { get; init; } = 3;

    /// <summary>How long they are left alone, and how long a crash is remembered.</summary>
    public TimeSpan Rest { get; init; } = TimeSpan.FromMinutes(10);
}
