namespace MailServer.Storage;

/// <summary>Brings the index up to a folder: puts in what it has not, takes out what is gone. Stops at any point without harm.</summary>
internal sealed class IndexPass(StoreContext store, string root, ISearchSource source)
{
    /// <summary>Messages read at once: some milliseconds, after which a search gets its turn.</summary>
    private const int Step = 32;

    /// <summary>Characters that are written at once. Larger batches make fewer writes and take more memory.</summary>
    private const int BatchLength = 1024 * 1024;

    /// <summary>A folder that nobody has searched for so long leaves the index, as do those that are no more.</summary>
    private const int DaysKept = 60;

    private readonly IndexText _header = new();
    private readonly IndexText _body = new();
    private readonly List<IndexedMessage> _batch = [];
    private long _length;

    public async ValueTask RunAsync(CancellationToken cancellationToken)
    {
        var identity = source.Identity;
        if (await UseAsync(database => Begin(database, identity), cancellationToken).ConfigureAwait(false) is not { } begun)
            return;
        for (uint after = 0; ;)
        {
            var next = source.After(after, Step);
            var start = store.Time.GetTimestamp();
            await store.Readers.RunAsync(() => Read(next, begun.Marks, cancellationToken)).ConfigureAwait(false);
            var last = next.Count < Step ? uint.MaxValue : next[^1].Uid;
            List<uint> gone = [.. begun.Marks.Between(after + 1, last).Except(next.Select(message => message.Uid))];
            if (gone.Count > 0 || _length >= BatchLength || (last == uint.MaxValue && _batch.Count > 0))
                if (await UseAsync(database => Write(database, begun, gone), cancellationToken).ConfigureAwait(false) is null)
                    return;
            if (last == uint.MaxValue)
                return;
            after = last;

            // It takes half of one processor at most.
            await Task.Delay(store.Time.GetElapsedTime(start), store.Time, cancellationToken).ConfigureAwait(false);
        }
    }

    private ValueTask<T?> UseAsync<T>(Func<SearchDatabase, T> work, CancellationToken cancellationToken)
        where T : class =>
        store.Search.UseAsync(root, work, cancellationToken);

    private Begun Begin(SearchDatabase database, string identity)
    {
        var today = store.Time.GetUtcNow().Ticks / TimeSpan.TicksPerDay;
        var folder = database.AddFolder(identity, today);
        if (database.UnusedSince(today - DaysKept) is not 0 and var unused)
            database.RemoveFolder(unused);
        return new(folder, database.MarksOf(folder));
    }

    private Begun Write(SearchDatabase database, Begun begun, List<uint> gone)
    {
        database.Change(begun.Folder, begun.Marks, _batch, gone);
        store.Reached("indexed");
        _batch.Clear();
        _length = 0;
        return begun;
    }

    private void Read(IReadOnlyList<(uint Uid, string BaseName)> messages, FolderMarks marks, CancellationToken cancellationToken)
    {
        foreach (var (uid, baseName) in messages)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (!marks.HasSeen(uid, baseName) && Read(uid, baseName) is { } message)
                _batch.Add(message);
        }
    }

    private IndexedMessage? Read(uint uid, string baseName)
    {
        try
        {
            using var file = source.Open(uid);
            if (file is null)
                return null;
            _header.Clear();
            _body.Clear();
            SearchHeader.Read(file, out var rest).CopyTo(_header);
            BodySearch.Read(rest, _body);
        }
        catch (Exception failure) when (DiskProblem.Is(failure))
        {
            return null;                                                 // the searches will say so
        }

        var isCut = _header.IsCut || _body.IsCut;
        _length += isCut ? 0 : _header.Length + _body.Length;
        return new(uid, baseName, isCut ? "" : _header.ToString(), isCut ? "" : _body.ToString(), isCut);
    }

    private sealed record Begun(long Folder, FolderMarks Marks);
}
