namespace MailServer.Plugins.Pop3;

/// <summary>Who has logged in lately (RFC 2449 §6.5). In memory only: a new generation begins without.</summary>
internal sealed class LoginDelay(TimeSpan delay, TimeProvider time)
{
    // So many are kept before those are looked for whose time is over.
    private const int Many = 1_000;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, long> _last = new(StringComparer.Ordinal);

    /// <summary>What CAPA says; 0 for no such rule.</summary>
    public long Seconds => (long)Math.Ceiling(delay.TotalSeconds);

    /// <summary>Whether a user who is known by now may come in. A refused login does not prolong the time.</summary>
    public bool TryEnter(string user)
    {
        if (delay == TimeSpan.Zero)
            return true;
        lock (_lock)
        {
            if (_last.TryGetValue(user, out var last) && time.GetElapsedTime(last) < delay)
                return false;
            if (_last.Count >= Many)
                foreach (var (name, then) in _last.ToList())
                    if (time.GetElapsedTime(then) >= delay)
                        _last.Remove(name);
            _last[user] = time.GetTimestamp();
            return true;
        }
    }
}
