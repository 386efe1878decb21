namespace MailServer.Rules;

/// <summary>Notes that do not count yet: what one mail's rules noted, over what was noted before. Over nothing it is a scratch pad, for trying rules.</summary>
/// <param name="below">What was noted before; null for nothing.</param>
public sealed class NotesDraft(INotes? below) : INotes
{
    private readonly List<NoteChange> _changes = [];
    private readonly Dictionary<string, NoteChange> _last = new(StringComparer.Ordinal);

    /// <inheritdoc/>
    public string? Find(string key, DateTimeOffset now) =>
        _last.TryGetValue(key, out var change) ? (change.Until > now ? change.Value : null) : below?.Find(key, now);

    /// <inheritdoc/>
    public void Write(IReadOnlyList<NoteChange> changes)
    {
        ArgumentNullException.ThrowIfNull(changes);
        foreach (var change in changes)
        {
            _changes.Add(change);
            _last[change.Key] = change;
        }
    }

    /// <summary>From now on they count.</summary>
    public void Commit()
    {
        below?.Write(_changes);
        _changes.Clear();
    }
}
