namespace MailServer.Storage;

/// <summary>A shared folder as the index reads it; holds it as a session does.</summary>
internal sealed class FolderSource : ISearchSource
{
    private readonly FolderTable _table;
    private readonly SharedFolder _folder;

    private FolderSource(FolderTable table, SharedFolder folder) => (_table, _folder) = (table, folder);

    public string Identity => _folder.SearchIdentity;

    /// <exception cref="IOException">The folder cannot be read.</exception>
    public static async ValueTask<ISearchSource> OpenAsync(FolderTable table, FolderPlace place, CancellationToken cancellationToken) =>
        new FolderSource(table, await table.AcquireAsync(place, cancellationToken).ConfigureAwait(false));

    public IReadOnlyList<(uint Uid, string BaseName)> After(uint uid, int count)
    {
        List<(uint Uid, string BaseName)> next = [];
        lock (_folder.Gate)
        {
            if (_folder.IsRetired || uid == uint.MaxValue)
                return next;
            var entries = _folder.Entries[_folder.IndexFrom(uid + 1)..];
            foreach (var entry in entries[..Math.Min(count, entries.Length)])
                next.Add((entry.Uid, entry.BaseName));
        }

        return next;
    }

    public Stream? Open(uint uid)
    {
        string path;
        lock (_folder.Gate)
        {
            var at = _folder.IndexFrom(uid);
            if (at == _folder.Entries.Length || _folder.Entries[at].Uid != uid)
                return null;
            path = _folder.Entries[at].PathIn(_folder.Place);
        }

        // Not every file name is that of a file; to open a pipe would wait for ever.
        return UnreadableNote.ReasonFor(path) is null ? FolderView.TryOpen(path) : null;
    }

    public ValueTask DisposeAsync() => _table.ReleaseAsync(_folder);
}
