namespace MailServer.Storage;

/// <summary>Something about a Maildir that is not as it should be.</summary>
/// <param name="Kind">What sort of thing, in one word that scripts can look for: <c>uidlist</c>, <c>unreadable</c>, <c>size</c> …</param>
/// <param name="Path">Where: the first of them when there are several.</param>
/// <param name="Count">How many there are in the folder.</param>
/// <param name="What">What is wrong, and what it means.</param>
/// <param name="Advice">What can be done.</param>
public sealed record Finding(string Kind, string Path, int Count, string What, string Advice);

/// <summary>How far a long work is.</summary>
/// <param name="Folder">The folder it is at.</param>
/// <param name="Folders">Folders begun.</param>
/// <param name="AllFolders">Folders in all.</param>
/// <param name="Messages">Messages looked at so far.</param>
public readonly record struct UpkeepProgress(string Folder, int Folders, int AllFolders, long Messages);

/// <summary>Gathers findings; many of one kind in one folder are one finding, with the first as its example.</summary>
internal sealed class FindingList
{
    private readonly Dictionary<(string, string, string), int> _places = [];
    private readonly List<Finding> _all = [];

    public IReadOnlyList<Finding> All => _all;

    public void Add(string kind, string path, string what, string advice)
    {
        var key = (kind, Path.GetDirectoryName(path) ?? "", what);
        if (_places.TryGetValue(key, out var at))
        {
            _all[at] = _all[at] with { Count = _all[at].Count + 1 };
            return;
        }

        _places[key] = _all.Count;
        _all.Add(new(kind, path, 1, what, advice));
    }
}
