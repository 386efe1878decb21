namespace MailServer.Rules;

/// <summary>Notes that do not count yet: what one mail's rules noted, over what was noted before. Over nothing it is a scratch pad, for trying rules.</summary>
/// <param name="below">What was noted before; null for nothing.</param>
public sealed class NotesDraft(INotes? below) : INotes
{
    // A mail to two addresses of one account: the administrators' scripts may be at the second while the user's are at the first.
    private readonly Lock _gate = new();
    private readonly List<NoteChange> _changes = [];
    private readonly Dictionary<string, NoteChange> _last = new(StringComparer.Ordinal);

    /// <inheritdoc/>
    public string? Find(string key, DateTimeOffset now)
    {
        lock (_gate)
            if (_last.TryGetValue(key, out var change))
                return change.Until > now ? change.Value : null;
        return below?.Find(key, now);
    }

    /// <inheritdoc/>
    public void Write(IReadOnlyList<NoteChange> changes)
    {
        ArgumentNullException.ThrowIfNull(changes);
        lock (_gate)
            foreach (var change in changes)
            {
                _changes.Add(change);
                _last[change.Key] = change;
            }
    }

    /// <summary>From now on they count.</summary>
    public void Commit()
    {
        lock (_gate)
        {
            below?.Write(_changes);
            _changes.Clear();
        }
    }
}
