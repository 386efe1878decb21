namespace MailServer;

/// <summary>What a filter thinks, from mildest to strictest.</summary>
public enum VerdictAction
{
    /// <summary>No objection.</summary>
    Continue,
    /// <summary>Accept, and let rules treat it as junk.</summary>
    Quarantine,
    /// <summary>Refuse for now.</summary>
    Defer,
    /// <summary>Refuse for good.</summary>
    Reject,
}

/// <summary>A filter's answer. Answers of several filters combine to the strictest; scores add up.</summary>
public readonly record struct Verdict
{
    private Verdict(VerdictAction action, double score, Problem? problem) => (Action, Score, Problem) = (action, score, problem);

    /// <summary>What to do.</summary>
    public VerdictAction Action { get; }

    /// <summary>Added to the message's junk score.</summary>
    public double Score { get; }

    /// <summary>Set for <see cref="VerdictAction.Defer"/> and <see cref="VerdictAction.Reject"/>.</summary>
    public Problem? Problem { get; }

    /// <summary>No objection.</summary>
    public static Verdict Continue => default;

    /// <summary>No objection, and this much more (or less) like junk.</summary>
    public static Verdict Weigh(double score) => new(VerdictAction.Continue, score, null);

    /// <summary>Accept as junk.</summary>
    public static Verdict Quarantine(double score) => new(VerdictAction.Quarantine, score, null);

    /// <summary>Refuse; final or for now, as the problem's status says.</summary>
    public static Verdict Refuse(Problem problem)
    {
        ArgumentNullException.ThrowIfNull(problem);
        return new(problem.Status.IsTransient ? VerdictAction.Defer : VerdictAction.Reject, 0, problem);
    }

    /// <summary>The strictest of both, with both scores.</summary>
    public Verdict With(Verdict other) =>
        other.Action > Action
            ? new(other.Action, Score + other.Score, other.Problem)
            : new(Action, Score + other.Score, Problem);
}
