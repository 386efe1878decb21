using MailServer.Posix;

namespace MailServer.Storage;

/// <summary>The folders in use, one object each however many sessions have it open.</summary>
internal sealed class FolderTable(StoreContext store, DirectoryWatcher watcher)
{
    /// <summary>Folders kept that nobody holds: more than a user's clients open in turn, few enough for memory and inotify.</summary>
    private const int MaxIdle = 64;

    /// <summary>Messages of folders let go of at once that are worth a collection: some 35 MB.</summary>
    private const int Many = 50_000;

    private static readonly TimeSpan IdleTime = TimeSpan.FromSeconds(15);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, SharedFolder> _folders = new(StringComparer.Ordinal);
    private ITimer? _sweep;
    private int _views;

    public int Count
    {
        get
        {
            lock (_gate)
                return _folders.Count;
        }
    }

    public int Views => Volatile.Read(ref _views);

    public void CountView(int change) => Interlocked.Add(ref _views, change);

    /// <summary>The folder's object, brought up to date. The caller releases it.</summary>
    /// <exception cref="IOException">The folder cannot be read.</exception>
    public async ValueTask<SharedFolder> AcquireAsync(FolderPlace place, CancellationToken cancellationToken)
    {
        for (var tries = 0; ; tries++)
        {
            var (folder, isNew) = Take(place);
            try
            {
                await folder.SynchronizeAsync(force: isNew || !folder.HasCurrentList, cancellationToken).ConfigureAwait(false);
                if (!folder.IsRetired || tries == 3)
                    return folder;
            }
            catch
            {
                await ReleaseAsync(folder).ConfigureAwait(false);
                throw;
            }

            await ReleaseAsync(folder).ConfigureAwait(false);
        }
    }

    /// <summary>Lets go. What nobody holds stays a while, since clients come back: a series of APPENDs opens the folder once.</summary>
    public async ValueTask ReleaseAsync(SharedFolder folder)
    {
        SharedFolder? oldest = null;
        lock (_gate)
        {
            if (--folder.Holders > 0)
                return;
            if (folder.IsRetired)
            {
                Drop(folder);
                return;
            }

            folder.IdleSince = Environment.TickCount64;
            var idle = _folders.Values.Where(kept => kept.Holders == 0).ToList();
            if (idle.Count > MaxIdle)
                (oldest = idle.MinBy(kept => kept.IdleSince)!).Holders = 1;
            _sweep ??= StartSweep();
        }

        if (oldest is not null)
            await SaveAsync(oldest).ConfigureAwait(false);
    }

    /// <summary>Says that a folder has changed, if anybody has it open.</summary>
    public void Touch(string path)
    {
        lock (_gate)
            if (_folders.TryGetValue(path, out var folder))
                folder.Rescan.Ask();
    }

    /// <summary>Ends a folder for all who have it open.</summary>
    public void Retire(string path)
    {
        SharedFolder? folder;
        lock (_gate)
        {
            if (!_folders.Remove(path, out folder))
                return;
            Drop(folder);
        }

        folder.Retire();
    }

    public async ValueTask CloseAsync()
    {
        ITimer? sweep;
        List<SharedFolder> all;
        lock (_gate)
        {
            (sweep, _sweep) = (_sweep, null);
            all = [.. _folders.Values];
            foreach (var folder in all)
                folder.Holders = 1;
        }

        if (sweep is not null)
            await sweep.DisposeAsync().ConfigureAwait(false);
        foreach (var folder in all)
            await SaveAsync(folder).ConfigureAwait(false);
    }

    /// <summary>A timer keeps the context of who starts it, and with it a plugin that should go: it gets none.</summary>
    private ITimer StartSweep()
    {
        var flow = ExecutionContext.IsFlowSuppressed() ? default(AsyncFlowControl?) : ExecutionContext.SuppressFlow();
        try
        {
            return TimeProvider.System.CreateTimer(static table => _ = ((FolderTable)table!).SweepAsync(), this, IdleTime, IdleTime);
        }
        finally
        {
            flow?.Undo();
        }
    }

    /// <summary>Stops as if the process had died: nothing more is written.</summary>
    public async ValueTask AbandonAsync()
    {
        List<SharedFolder> all;
        lock (_gate)
        {
            _sweep?.Dispose();
            _sweep = null;
            all = [.. _folders.Values];
            foreach (var folder in all)
                Drop(folder);
        }

        foreach (var folder in all)
        {
            // A look under way goes to its end first.
            await folder.Io.WaitAsync(CancellationToken.None).ConfigureAwait(false);
            folder.Retire();
            folder.Io.Release();
        }
    }

    /// <summary>Lets go of what nobody has held for a while; without anything to wait for, the timer ends.</summary>
    private async Task SweepAsync()
    {
        GiveBack(await LetGoAsync().ConfigureAwait(false));
        lock (_gate)
        {
            if (_folders.Values.Any(folder => folder.Holders == 0))
                return;
            _sweep?.Dispose();
            _sweep = null;
        }
    }

    /// <summary>How many messages the folders had. A method of its own, which holds none of them when it has returned.</summary>
    private async ValueTask<int> LetGoAsync()
    {
        List<SharedFolder> old;
        lock (_gate)
        {
            old = [.. _folders.Values.Where(folder => folder.Holders == 0 && Environment.TickCount64 - folder.IdleSince >= (long)IdleTime.TotalMilliseconds)];
            foreach (var folder in old)
                folder.Holders = 1;
        }

        var messages = 0;
        foreach (var folder in old)
        {
            messages += folder.MessageCount;
            await SaveAsync(folder).ConfigureAwait(false);
        }

        return messages;
    }

    /// <summary>
    /// A large folder that was let go of is not given back to the system before the next collection of everything, which on a quiet server
    /// may be days away. The pause is a few milliseconds for what is still in use.
    /// </summary>
    private static void GiveBack(int messages)
    {
        if (messages >= Many)
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
    }

    /// <summary>Writes the index, and drops the folder if nobody has come meanwhile. The caller has taken the hold that is given up here.</summary>
    private async ValueTask SaveAsync(SharedFolder folder)
    {
        try
        {
            await folder.Io.WaitAsync(CancellationToken.None).ConfigureAwait(false);
            try
            {
                await folder.SaveAsync().ConfigureAwait(false);
            }
            finally
            {
                folder.Io.Release();
            }
        }
        catch (Exception failure) when (DiskProblem.Is(failure))
        {
            Log.DiskFailed(store.Logger, "writing an index", failure.Message);
        }

        lock (_gate)
            if (--folder.Holders == 0)
                Drop(folder);
    }

    private (SharedFolder Folder, bool IsNew) Take(FolderPlace place)
    {
        lock (_gate)
        {
            if (_folders.TryGetValue(place.Path, out var folder) && !folder.IsRetired)
            {
                folder.Holders++;
                return (folder, false);
            }

            // Nobody will release a retired folder that nobody holds.
            if (folder is { Holders: 0 })
                Drop(folder);
            folder = new(store, place) { Holders = 1 };
            _folders[place.Path] = folder;
            folder.Watches.Add(watcher.Watch(place.New, folder.Rescan.Ask, folder.ExpectedInNew));
            folder.Watches.Add(watcher.Watch(place.Cur, folder.Rescan.Ask, folder.ExpectedInCur));
            return (folder, true);
        }
    }

    private void Drop(SharedFolder folder)
    {
        folder.Rescan.Stop();
        folder.Flush.Stop();
        folder.CloseStructures();
        foreach (var watch in folder.Watches)
            watch.Dispose();
        folder.Watches.Clear();
        if (_folders.TryGetValue(folder.Place.Path, out var current) && current == folder)
            _folders.Remove(folder.Place.Path);
    }
}
