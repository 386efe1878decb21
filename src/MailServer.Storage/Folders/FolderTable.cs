using MailServer.Posix;

namespace MailServer.Storage;

/// <summary>The folders in use, one object each however many sessions have it open.</summary>
internal sealed class FolderTable(StoreContext store, DirectoryWatcher watcher)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, SharedFolder> _folders = new(StringComparer.Ordinal);
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
                await folder.SynchronizeAsync(force: isNew, cancellationToken).ConfigureAwait(false);
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

    /// <summary>Lets go; the last one writes the index.</summary>
    public async ValueTask ReleaseAsync(SharedFolder folder)
    {
        lock (_gate)
        {
            if (folder.Holders > 1)
            {
                folder.Holders--;
                return;
            }
        }

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
        {
            if (--folder.Holders > 0)
                return;
            Drop(folder);
        }
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
        List<SharedFolder> all;
        lock (_gate)
            all = [.. _folders.Values];
        foreach (var folder in all)
        {
            lock (_gate)
                folder.Holders = 1;
            await ReleaseAsync(folder).ConfigureAwait(false);
        }
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

            folder = new(store, place) { Holders = 1 };
            _folders[place.Path] = folder;
            folder.Watches.Add(watcher.Watch(place.New, folder.Rescan.Ask));
            folder.Watches.Add(watcher.Watch(place.Cur, folder.Rescan.Ask));
            return (folder, true);
        }
    }

    private void Drop(SharedFolder folder)
    {
        folder.Rescan.Stop();
        foreach (var watch in folder.Watches)
            watch.Dispose();
        folder.Watches.Clear();
        if (_folders.TryGetValue(folder.Place.Path, out var current) && current == folder)
            _folders.Remove(folder.Place.Path);
    }
}
