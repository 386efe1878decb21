namespace MailServer.Rules;

/// <summary>
/// The time that one mail has with its owner's scripts: looking at them, compiling, waiting for a worker, its start, the run. All of it together ends at the limit,
/// whatever the scripts do and however many wait, so that a mail is in INBOX soon after.
/// </summary>
internal sealed class MailDeadline : IDisposable
{
    private readonly CancellationTokenSource _start;
    private readonly CancellationTokenSource _end;
    private readonly CancellationTokenSource _orBegin;
    private readonly CancellationToken _cancelled;

    public MailDeadline(UserRuleOptions options, TimeProvider time, CancellationToken cancellationToken)
    {
        _cancelled = cancellationToken;
        _start = new(options.MailLimit - options.MailReserve, time);
        _end = new(options.MailLimit, time);
        _orBegin = CancellationTokenSource.CreateLinkedTokenSource(_start.Token, cancellationToken);
        Limit = options.MailLimit;
    }

    /// <summary>All of its time.</summary>
    public TimeSpan Limit { get; }

    /// <summary>Ends waiting: what begins later has no time left to run. Also the caller's own cancellation.</summary>
    public CancellationToken Begin => _orBegin.Token;

    /// <summary>Ends everything. Not by the caller's cancellation: a worker that has begun is let finish, for it would be lost.</summary>
    public CancellationToken End => _end.Token;

    /// <summary>Whether waiting was ended by the clock and not by the caller.</summary>
    public bool IsTooLate => _start.IsCancellationRequested && !_cancelled.IsCancellationRequested;

    public void Dispose()
    {
        _orBegin.Dispose();
        _start.Dispose();
        _end.Dispose();
    }
}
