using System.Collections.Concurrent;

namespace MailServer.Extensibility;

/// <summary>
/// The server's clock for one generation. It knows the generation's running timers and stops them when the generation ends: a timer that is
/// forgotten (a pending <c>Task.Delay</c>, a <c>PeriodicTimer</c>) is the commonest thing that keeps a load context alive.
/// </summary>
internal sealed class GenerationTime(TimeProvider time) : TimeProvider
{
    // By how much a timer may fire before its time by the other clock.
    private static readonly TimeSpan Slack = TimeSpan.FromMilliseconds(20);

    private readonly ConcurrentDictionary<Timer, bool> _running = new();
    private volatile bool _isOver;

    /// <summary>How many timers run.</summary>
    public int Running => _running.Count;

    public override TimeZoneInfo LocalTimeZone => time.LocalTimeZone;

    public override long TimestampFrequency => time.TimestampFrequency;

    public override DateTimeOffset GetUtcNow() => time.GetUtcNow();

    public override long GetTimestamp() => time.GetTimestamp();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new Timer(this, callback, state);
        timer.Start(time, dueTime, period);
        return timer;
    }

    /// <summary>Stops all timers, and those that are still to come.</summary>
    public void End()
    {
        _isOver = true;
        foreach (var timer in _running.Keys)
            timer.Dispose();
    }

    private sealed class Timer(GenerationTime owner, TimerCallback callback, object? state) : ITimer
    {
        private readonly Lock _lock = new();
        private ITimer? _inner;
        private TimeSpan _period;
        private TimeSpan _dueTime;
        private long _since;

        public void Start(TimeProvider time, TimeSpan dueTime, TimeSpan period)
        {
            _inner = time.CreateTimer(static timer => ((Timer?)timer)?.Fire(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            Change(dueTime, period);
        }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (_lock)
            {
                (_dueTime, _period, _since) = (dueTime, period, owner.GetTimestamp());
                if (dueTime == Timeout.InfiniteTimeSpan)
                    owner._running.TryRemove(this, out _);
                else
                    owner._running[this] = true;
            }

            // End() or Dispose() may have passed between.
            if (!owner._isOver && _inner?.Change(dueTime, period) == true)
                return true;
            Dispose();
            return false;
        }

        public void Dispose()
        {
            owner._running.TryRemove(this, out _);
            _inner?.Dispose();
        }

        public ValueTask DisposeAsync()
        {
            owner._running.TryRemove(this, out _);
            return _inner?.DisposeAsync() ?? ValueTask.CompletedTask;
        }

        private void Fire()
        {
            lock (_lock)
            {
                // A timer that fires once and is never disposed must not stay in the table; one that was set anew meanwhile must.
                if ((_period == Timeout.InfiniteTimeSpan || _period == TimeSpan.Zero) && owner.GetElapsedTime(_since) + Slack >= _dueTime)
                    owner._running.TryRemove(this, out _);
            }

            callback(state);
        }
    }
}
