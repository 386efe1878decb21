namespace MailServer.Plugins.Relay;

/// <summary>Sessions that wait a moment for the next message to the same server.</summary>
internal sealed class SessionPool(TimeProvider time) : IAsyncDisposable
{
    private readonly Lock _lock = new();
    private readonly List<(string Key, RelaySession Session, long Since)> _idle = [];
    private ITimer? _timer;
    private bool _isDisposed;

    public RelaySession? Take(string key)
    {
        lock (_lock)
        {
            var at = _idle.FindLastIndex(idle => idle.Key == key);
            if (at < 0)
                return null;
            var session = _idle[at].Session;
            _idle.RemoveAt(at);
            return session;
        }
    }

    public async ValueTask ReturnAsync(string key, RelaySession session)
    {
        var isKept = session.IsUsable;
        lock (_lock)
        {
            isKept &= !_isDisposed;
            if (isKept)
            {
                _idle.Add((key, session, time.GetTimestamp()));
                _timer ??= time.CreateTimer(static pool => _ = ((SessionPool?)pool)?.SweepAsync(), this, TimeLimits.Idle, TimeLimits.Idle);
            }
        }

        if (!isKept)
            await session.QuitAsync(CancellationToken.None).ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        List<(string Key, RelaySession Session, long Since)> all;
        lock (_lock)
        {
            _isDisposed = true;
            all = [.. _idle];
            _idle.Clear();
            _timer?.Dispose();
        }

        foreach (var (_, session, _) in all)
            await session.QuitAsync(CancellationToken.None).ConfigureAwait(false);
    }

    private async Task SweepAsync()
    {
        List<RelaySession> old;
        lock (_lock)
        {
            old = [.. _idle.Where(idle => time.GetElapsedTime(idle.Since) >= TimeLimits.Idle).Select(idle => idle.Session)];
            _idle.RemoveAll(idle => old.Contains(idle.Session));
            // No work while nothing is kept.
            if (_idle.Count == 0)
            {
                _timer?.Dispose();
                _timer = null;
            }
        }

        foreach (var session in old)
            await session.QuitAsync(CancellationToken.None).ConfigureAwait(false);
    }
}
