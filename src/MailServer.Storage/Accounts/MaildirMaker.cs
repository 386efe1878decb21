using System.Collections.Concurrent;
using MailServer.Posix;

namespace MailServer.Storage;

/// <summary>Makes Maildirs and folders, durable before anything is put into them.</summary>
internal sealed class MaildirMaker(StoreContext store)
{
    /// <summary>Remembered places: more than a server's busy folders, few enough to forget all and begin anew.</summary>
    private const int MaxKnown = 10_000;

    private readonly ConcurrentDictionary<string, bool> _known = new(StringComparer.Ordinal);

    /// <summary>Directories whose names this process has seen on disk.</summary>
    private readonly ConcurrentDictionary<string, bool> _durable = new(StringComparer.Ordinal);

    /// <summary>Makes what is missing of a folder's directories. Quick when it was there the last time.</summary>
    /// <exception cref="IOException">It cannot be made.</exception>
    public async ValueTask EnsureAsync(FolderPlace place)
    {
        if (_known.ContainsKey(place.Path))
            return;
        if (_known.Count > MaxKnown)
            ForgetAll();
        if (!Directory.Exists(place.New) || !Directory.Exists(place.Cur) || !Directory.Exists(place.Tmp))
            await MakeAsync(place).ConfigureAwait(false);
        await SettleAsync(place).ConfigureAwait(false);
        _known[place.Path] = true;
    }

    /// <summary>Makes the spool's directory, which need not outlive a power cut. Quick when it was there the last time.</summary>
    /// <exception cref="IOException">It cannot be made.</exception>
    public void EnsureSpool(string path)
    {
        if (_known.ContainsKey(path))
            return;
        DiskFile.MakeDirectory(path);
        _known[path] = true;
    }

    /// <summary>Says that a place may be gone.</summary>
    public void Forget(FolderPlace place)
    {
        _known.TryRemove(place.Path, out _);
        _durable.TryRemove(place.Path, out _);
    }

    /// <summary>Says that any place may be gone.</summary>
    public void ForgetAll()
    {
        _known.Clear();
        _durable.Clear();
    }

    /// <summary>Makes a directory and what is missing above it.</summary>
    public async ValueTask MakeDirectoryAsync(string path)
    {
        var missing = new Stack<string>();
        for (var at = path; !Directory.Exists(at) && Path.GetDirectoryName(at) is { } above; at = above)
            missing.Push(at);
        DiskFile.MakeDirectory(path);
        foreach (var made in missing)
            await store.Sync.SyncAsync(Path.GetDirectoryName(made)!).ConfigureAwait(false);
    }

    /// <summary>
    /// What is there may have been made a moment ago by another delivery that has not synced it yet: at its first sight it is synced, and
    /// the directories above it as far as they are the server's own.
    /// </summary>
    private async ValueTask SettleAsync(FolderPlace place)
    {
        var data = Path.TrimEndingDirectorySeparator(Path.GetFullPath(store.Options.DataDirectory)) + Path.DirectorySeparatorChar;
        for (string? at = place.Path; at is not null && !_durable.ContainsKey(at); at = Path.GetDirectoryName(at))
        {
            await store.Sync.SyncAsync(at).ConfigureAwait(false);
            _durable[at] = true;
            if (at.Length <= place.Root.Length && !at.StartsWith(data, StringComparison.Ordinal))
                return;
        }
    }

    private async ValueTask MakeAsync(FolderPlace place)
    {
        await MakeDirectoryAsync(place.Path).ConfigureAwait(false);
        foreach (var part in (string[])[place.Cur, place.New, place.Tmp])
            DiskFile.MakeDirectory(part);

        // Maildir++: delivery agents know by this file that the directory is a folder, and where the account's quota is.
        if (!place.Name.IsInbox && store.Options.Layout == MaildirLayout.MaildirPlusPlus && !File.Exists(place.File("maildirfolder")))
            StoreContext.WriteNew(place.File("maildirfolder"), []);
        await store.Sync.SyncAsync(place.Path).ConfigureAwait(false);
        store.Reached("folder made");
    }
}
