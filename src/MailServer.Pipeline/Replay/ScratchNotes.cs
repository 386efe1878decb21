using MailServer.Rules;

namespace MailServer.Pipeline;

/// <summary>Notes of a trial: rules read what they have noted in it, and nothing of it stays.</summary>
internal sealed class ScratchNotes : INotes
{
    private readonly Dictionary<string, (string Value, DateTimeOffset Until)> _notes = new(StringComparer.Ordinal);

    public string? Find(string key, DateTimeOffset now) => _notes.TryGetValue(key, out var note) && note.Until > now ? note.Value : null;

    public void Write(IReadOnlyList<NoteChange> changes)
    {
        foreach (var change in changes)
            if (change.Value is { } value)
                _notes[change.Key] = (value, change.Until);
            else
                _notes.Remove(change.Key);
    }
}
