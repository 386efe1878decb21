namespace MailServer.Plugins.Imap;

/// <summary>How a command ended.</summary>
internal enum CompletionStatus
{
    Ok,
    No,
    Bad,
}

/// <summary>The tagged answer (RFC 3501 §7.1): OK, NO or BAD, a response code without its brackets, and a text.</summary>
internal readonly record struct Completion(CompletionStatus Status, string? Code, string Text)
{
    /// <summary>Whether a client that resynchronises is told HIGHESTMODSEQ (RFC 7162 §3.2.7).</summary>
    public bool TellsModSeq { get; init; }

    public static Completion Ok(string text) => new(CompletionStatus.Ok, null, text);

    public static Completion Ok(string code, string text) => new(CompletionStatus.Ok, code, text);

    public static Completion No(string text) => new(CompletionStatus.No, null, text);

    public static Completion No(string code, string text) => new(CompletionStatus.No, code, text);

    public static Completion Bad(string code, string text) => new(CompletionStatus.Bad, code, text);

    public static Completion Bad(string text) => new(CompletionStatus.Bad, null, text);

    /// <summary>A problem in RFC 5530's words.</summary>
    public static Completion From(Problem problem) => new(CompletionStatus.No, CodeOf(problem.Reason), problem.Text);

    /// <summary>A problem of APPEND, COPY, MOVE: a target that is not there can be made by the client (RFC 3501 §6.3.11).</summary>
    public static Completion FromTarget(Problem problem) =>
        problem.Reason == ProblemReason.NotFound ? No("TRYCREATE", problem.Text) : From(problem);

    private static string? CodeOf(ProblemReason reason) => reason switch
    {
        ProblemReason.NotFound => "NONEXISTENT",
        ProblemReason.AlreadyExists => "ALREADYEXISTS",
        ProblemReason.NoPermission => "NOPERM",
        ProblemReason.Impossible => "CANNOT",
        ProblemReason.InUse => "INUSE",
        ProblemReason.OverQuota => "OVERQUOTA",
        ProblemReason.LimitReached => "LIMIT",
        ProblemReason.Unavailable => "UNAVAILABLE",
        ProblemReason.Expunged => "EXPUNGEISSUED",
        _ => null,
    };
}
