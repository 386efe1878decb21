namespace MailServer.Pipeline;

/// <summary>One place where a copy goes.</summary>
internal readonly record struct Target(EmailAddress Account, FolderName Folder);

/// <summary>
/// Messages that reached some of their recipients and not the others. A peer gets one answer for all (RFC 5321 §4.2.5), so it is told to come
/// again; then those who have it are passed over. In memory only: after a restart a copy may come twice, but none is ever lost.
/// </summary>
internal sealed class PartialDeliveries(TimeProvider time)
{
    /// <summary>Messages remembered: partial failures are rare, and a broken disk makes none (nobody gets the mail then).</summary>
    private const int MaxMessages = 1000;

    /// <summary>How long peers go on trying (RFC 5321 §4.5.4.1).</summary>
    private static readonly TimeSpan Life = TimeSpan.FromDays(5);

    private readonly Lock _lock = new();
    private readonly Dictionary<string, (DateTimeOffset Since, HashSet<Target> Done)> _messages = [];

    public bool IsEmpty
    {
        get
        {
            lock (_lock)
                return _messages.Count == 0;
        }
    }

    /// <summary>Where a message has been delivered already.</summary>
    public IReadOnlySet<Target> Find(string key)
    {
        lock (_lock)
            return _messages.TryGetValue(key, out var entry) && time.GetUtcNow() - entry.Since < Life ? new HashSet<Target>(entry.Done) : [];
    }

    public void Add(string key, IEnumerable<Target> done)
    {
        lock (_lock)
        {
            var now = time.GetUtcNow();
            foreach (var old in _messages.Where(entry => now - entry.Value.Since >= Life).Select(entry => entry.Key).ToList())
                _messages.Remove(old);
            if (_messages.TryGetValue(key, out var known))
            {
                known.Done.UnionWith(done);
                return;
            }

            if (_messages.Count >= MaxMessages)
                _messages.Remove(_messages.MinBy(entry => entry.Value.Since).Key);
            _messages[key] = (now, [.. done]);
        }
    }

    public void Remove(string key)
    {
        lock (_lock)
            _messages.Remove(key);
    }
}
