namespace MailServer.Plugins.Smtp;

/// <summary>
/// The time limit of a session's segment: one source for all its reads and writes. It runs from <see cref="Restart"/>, not from each read,
/// so that octets that drip do not lengthen it.
/// </summary>
internal sealed class Deadline : IDisposable
{
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _limit;
    private readonly CancellationTokenSource _either;
    private long _since;

    public Deadline(TimeProvider time, CancellationToken hardStop)
    {
        _time = time;
        _limit = new(Timeout.InfiniteTimeSpan, time);
        _either = CancellationTokenSource.CreateLinkedTokenSource(_limit.Token, hardStop);
        Restart();
    }

    /// <summary>Fires when the time is over, or at a hard stop.</summary>
    public CancellationToken Token => _either.Token;

    /// <summary>Whether it was the time.</summary>
    public bool HasPassed => _limit.IsCancellationRequested;

    public void Restart() => _since = _time.GetTimestamp();

    /// <summary>Lets the time run that is left of a limit.</summary>
    public void Arm(TimeSpan limit)
    {
        var left = limit - _time.GetElapsedTime(_since);
        if (left > TimeSpan.Zero)
            _limit.CancelAfter(left);
        else
            _limit.Cancel();
    }

    public void Disarm() => _limit.CancelAfter(Timeout.InfiniteTimeSpan);

    public void Dispose()
    {
        _either.Dispose();
        _limit.Dispose();
    }
}
