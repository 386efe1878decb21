using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;

namespace MailServer.Storage;

/// <summary>
/// The UIDs of folders whose list was found broken, or older than it had been: sessions were told of them, so the list that is read next
/// must not give them to other messages.
/// </summary>
internal sealed class UidMemory
{
    /// <summary>Lists remembered: one each time that something broke a list under a running server.</summary>
    private const int MaxLists = 100;

    private readonly ConcurrentDictionary<string, UidList> _lists = new(StringComparer.Ordinal);

    public void Remember(string folder, UidList list)
    {
        if (_lists.Count >= MaxLists)
            _lists.Clear();
        _lists[folder] = list;
    }

    public bool TryRecall(string folder, [NotNullWhen(true)] out UidList? list) => _lists.TryGetValue(folder, out list);

    public void Forget(string folder) => _lists.TryRemove(folder, out _);
}
