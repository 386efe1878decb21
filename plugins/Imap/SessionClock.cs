namespace MailServer.Plugins.Imap;

/// <summary>
/// The time limit of one segment of a session, made anew for each generation: nothing of the plugin stays registered on a token of the host's.
/// </summary>
internal sealed class SessionClock : IDisposable
{
    private readonly CancellationTokenSource _timer;
    private readonly CancellationTokenSource _both;

    public SessionClock(TimeProvider time, CancellationToken hardStop)
    {
        _timer = new(Timeout.InfiniteTimeSpan, time);
        _both = CancellationTokenSource.CreateLinkedTokenSource(_timer.Token, hardStop);
    }

    /// <summary>Fires when the peer was silent for too long, and at the hard stop.</summary>
    public CancellationToken Token => _both.Token;

    /// <summary>Whether the peer was silent for too long.</summary>
    public bool IsOver => _timer.IsCancellationRequested;

    public void Restart(TimeSpan limit) => _timer.CancelAfter(limit);

    public void Dispose()
    {
        _both.Dispose();
        _timer.Dispose();
    }
}
