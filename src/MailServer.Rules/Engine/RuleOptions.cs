namespace MailServer.Rules;

/// <summary>Where rules are, and what they may cost.</summary>
public sealed record RuleOptions
{
    /// <summary>The administrators' scripts: every <c>*.csx</c> in it, in order of names.</summary>
    public required string GlobalDirectory { get; init; }

    /// <summary>Where compiled scripts are kept. Everything in it can be made again.</summary>
    public required string CacheDirectory { get; init; }

    /// <summary>The rule host's <c>MailServer.RuleHost.dll</c>.</summary>
    public required string RuleHostPath { get; init; }

    /// <summary>Steps a script may take for one mail.</summary>
    public int StepBudget { get; init; } = Rules.StepBudget.Default;

    /// <summary>How long the compiler may take: a slow machine needs ten seconds for the first script.</summary>
    public TimeSpan CompileLimit { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>How long the compiler waits for the next edit before it ends: who edits saves often, and a start takes a second or more. Zero: it ends at once.</summary>
    public TimeSpan CompilerStay { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long to wait after a change for the next one: an editor writes in several steps.</summary>
    public TimeSpan Settle { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>Folders that the scripts' account has, for a check alone: what is spelt nearly like one of them is told.</summary>
    public IReadOnlyList<string> KnownFolders { get; init; } = [];
}
