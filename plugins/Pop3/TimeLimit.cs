namespace MailServer.Plugins.Pop3;

/// <summary>Ends what waits too long. Lives for one segment of a session: no timer and no registration outlives the generation.</summary>
internal sealed class TimeLimit : IDisposable
{
    private readonly CancellationTokenSource _timer;
    private readonly CancellationTokenSource _both;

    public TimeLimit(TimeProvider time, CancellationToken hardStop)
    {
        _timer = new CancellationTokenSource(Timeout.InfiniteTimeSpan, time);
        _both = CancellationTokenSource.CreateLinkedTokenSource(_timer.Token, hardStop);
    }

    /// <summary>Fires when the time is over or the host stops.</summary>
    public CancellationToken Token => _both.Token;

    public bool IsOver => _timer.IsCancellationRequested;

    /// <summary>From now on there is so much time.</summary>
    public void Restart(TimeSpan time) => _timer.CancelAfter(time);

    public void Dispose()
    {
        _both.Dispose();
        _timer.Dispose();
    }
}
