using MailServer.Rules;

namespace MailServer.Pipeline;

/// <summary>
/// What rules note about one message. It counts once the message is delivered to all: one that the peer is to send again would otherwise be
/// a duplicate of itself.
/// </summary>
internal sealed class MessageNotes(IDeliveryStore store, NotesFiles files)
{
    private readonly Dictionary<string, NotesDraft> _byFile = new(StringComparer.Ordinal);

    public INotes Of(User account)
    {
        var path = store.NotesOf(account) ?? "";
        if (!_byFile.TryGetValue(path, out var draft))
            _byFile[path] = draft = new(path.Length > 0 ? files.Of(path) : null);
        return draft;
    }

    public void Commit()
    {
        foreach (var draft in _byFile.Values)
            draft.Commit();
    }
}
