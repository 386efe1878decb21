namespace MailServer.Storage;

/// <summary>
/// The search indexes in use, one an account. Nothing of SQLite is loaded before somebody searches for a text, and an account that is left alone for half a
/// minute costs no memory.
/// </summary>
internal sealed class SearchIndexes(StoreContext store) : IAsyncDisposable
{
    /// <summary>Folders that wait to be indexed: one that is turned away is asked for again by its next search.</summary>
    private const int MaxWaiting = 100;

    private static readonly TimeSpan IdleTime = TimeSpan.FromSeconds(30);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, SearchIndex> _indexes = new(StringComparer.Ordinal);
    private readonly Queue<Request> _requests = new();
    private readonly HashSet<string> _requested = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _stop = new();
    private ITimer? _sweep;
    private Task _work = Task.CompletedTask;
    private bool _isClosed;

    /// <summary>
    /// So few messages are read at once, without asking the index and without putting them in: that takes some ten milliseconds, and an SD card
    /// is spared a write for every new mail.
    /// </summary>
    public int Few { get; set; } = 100;

    /// <summary>Whether there is no work left; for tests.</summary>
    public bool IsIdle
    {
        get
        {
            lock (_gate)
                return _requested.Count == 0;
        }
    }

    /// <summary>Does something with an account's index; null when it cannot be had.</summary>
    public async ValueTask<T?> UseAsync<T>(string root, Func<SearchDatabase, T> work, CancellationToken cancellationToken)
        where T : class
    {
        SearchIndex? index;
        lock (_gate)
        {
            if (_isClosed)
                return null;
            if (!_indexes.TryGetValue(root, out index))
                _indexes[root] = index = new(store, root);
            index.Users++;
            index.WasUsed = true;
            _sweep ??= WithoutContext(() => store.Time.CreateTimer(static indexes => _ = ((SearchIndexes)indexes!).SweepAsync(), this, IdleTime, IdleTime));
        }

        try
        {
            return await index.UseAsync(work, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            lock (_gate)
                index.Users--;
        }
    }

    /// <summary>Asks for a folder to be indexed in the background, after those asked for before.</summary>
    /// <param name="root">The account's Maildir.</param>
    /// <param name="folder">The folder's path.</param>
    /// <param name="open">Opens the folder when its turn has come.</param>
    public void Ask(string root, string folder, Func<CancellationToken, ValueTask<ISearchSource>> open)
    {
        lock (_gate)
        {
            if (_isClosed || _requests.Count >= MaxWaiting || !_requested.Add(folder))
                return;
            _requests.Enqueue(new(root, folder, open));
            if (_work.IsCompleted)
                _work = WithoutContext(() => Task.Run(WorkAsync, CancellationToken.None));
        }
    }

    /// <summary>Stops the work and closes all files.</summary>
    public async ValueTask DisposeAsync()
    {
        Task work;
        List<SearchIndex> all;
        lock (_gate)
        {
            if (_isClosed)
                return;
            _isClosed = true;
            _requests.Clear();
            (work, all) = (_work, [.. _indexes.Values]);
            _indexes.Clear();
            _sweep?.Dispose();
            _sweep = null;
        }

        await _stop.CancelAsync().ConfigureAwait(false);
        await work.ConfigureAwait(false);
        foreach (var index in all)
            await index.DisposeAsync().ConfigureAwait(false);
        _stop.Dispose();
    }

    /// <summary>One folder after the other, for the whole server: indexing must not be felt by those who do something else.</summary>
    private async Task WorkAsync()
    {
        while (Next() is { } request)
        {
            try
            {
                var source = await request.Open(_stop.Token).ConfigureAwait(false);
                await using (source.ConfigureAwait(false))
                    await new IndexPass(store, request.Root, source).RunAsync(_stop.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                // The server stops. What is not in the index is read by the searches.
            }
            catch (Exception failure) when (DiskProblem.Is(failure))
            {
                Log.SearchFailed(store.Logger, request.Folder, failure.Message);
            }

            finally
            {
                lock (_gate)
                    _requested.Remove(request.Folder);
            }
        }
    }

    private Request? Next()
    {
        lock (_gate)
        {
            if (_requests.TryDequeue(out var request))
                return request;

            // Under the gate: who asks from now on starts the work anew.
            _work = Task.CompletedTask;
            return null;
        }
    }

    private async Task SweepAsync()
    {
        List<SearchIndex> idle = [];
        lock (_gate)
        {
            foreach (var (root, index) in _indexes)
                if (index.Users > 0 || index.WasUsed)
                    index.WasUsed = false;
                else if (_indexes.Remove(root))
                    idle.Add(index);
            if (_indexes.Count == 0)
            {
                _sweep?.Dispose();
                _sweep = null;
            }
        }

        foreach (var index in idle)
            await index.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>Work that outlives its caller must not keep the caller's context, and with it a plugin that should go.</summary>
    private static T WithoutContext<T>(Func<T> start)
    {
        var flow = ExecutionContext.IsFlowSuppressed() ? default(AsyncFlowControl?) : ExecutionContext.SuppressFlow();
        try
        {
            return start();
        }
        finally
        {
            flow?.Undo();
        }
    }

    private sealed record Request(string Root, string Folder, Func<CancellationToken, ValueTask<ISearchSource>> Open);
}
