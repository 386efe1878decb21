namespace MailServer.Plugins.Relay;

/// <summary>A conversation with a server has come to an end before its aim.</summary>
internal sealed class RelayException : Exception
{
    public RelayException(Problem problem, Reply? reply = null, Exception? inner = null)
        : base(problem.Text, inner) => (Problem, Reply) = (problem, reply);

    public Problem Problem { get; }

    /// <summary>What the server said, if it did.</summary>
    public Reply? Reply { get; }

    /// <summary>RFC 3463 §3.5: X.4.1 nobody answers, X.4.2 the connection is bad, X.4.3 directory.</summary>
    public static RelayException NoConnection(string text, Exception? inner = null) => new(new(new(4, 4, 1), text) { Reason = ProblemReason.Unavailable }, null, inner);

    public static RelayException Lost(string text, Exception? inner = null) => new(new(new(4, 4, 2), text) { Reason = ProblemReason.Unavailable }, null, inner);
}
