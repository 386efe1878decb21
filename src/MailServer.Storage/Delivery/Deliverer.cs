using MailServer.Posix;

namespace MailServer.Storage;

/// <summary>
/// Puts a durable file into a folder as https://cr.yp.to/proto/maildir.html says: a link that never replaces, then the directory is
/// synced. Nobody is told of the message before that.
/// </summary>
internal sealed class Deliverer(StoreContext store)
{
    /// <summary>Links a sealed spool file into a folder.</summary>
    /// <param name="spool">The message.</param>
    /// <param name="place">The folder.</param>
    /// <param name="baseName">The message's base name there.</param>
    /// <param name="letters">Its flags' letters; with any it goes into <c>cur</c>, else into <c>new</c>.</param>
    /// <returns>The file.</returns>
    /// <exception cref="IOException">Nothing was delivered.</exception>
    public async ValueTask<string> DeliverAsync(SpoolFile spool, FolderPlace place, string baseName, string letters)
    {
        await store.Maker.EnsureAsync(place).ConfigureAwait(false);
        var directory = letters.Length > 0 ? place.Cur : place.New;
        var target = Path.Combine(directory, letters.Length > 0 ? $"{baseName}:2,{letters}" : baseName);
        try
        {
            await LinkAsync(spool.SealedPath!, target, place).ConfigureAwait(false);
        }
        catch (PosixException failure) when (failure.IsNotThere)
        {
            // The folder was deleted since we saw it, or the spool file, which then fails again.
            store.Maker.Forget(place);
            await store.Maker.EnsureAsync(place).ConfigureAwait(false);
            await LinkAsync(spool.SealedPath!, target, place).ConfigureAwait(false);
        }

        store.Reached("linked");
        try
        {
            await store.Sync.SyncAsync(directory).ConfigureAwait(false);
        }
        catch (IOException)
        {
            // Not known to be durable, so the sender will try again: better not twice.
            DurableFile.TryUnlink(target);
            throw;
        }

        store.Reached("folder synced");
        return target;
    }

    private async ValueTask LinkAsync(string source, string target, FolderPlace place)
    {
        try
        {
            DurableFile.Link(source, target);
        }
        catch (PosixException failure) when (failure.IsOtherDevice || failure.IsLinkLimit)
        {
            var draft = Path.Combine(place.Tmp, store.Names.Next());
            try
            {
                await store.Disk.RunAsync(() => Copy(source, draft)).ConfigureAwait(false);
                store.Reached("copied");
                DurableFile.Link(draft, target);
            }
            finally
            {
                DurableFile.TryUnlink(draft);
            }
        }
    }

    /// <summary>Gives a durable file a name in <c>tmp</c>, or copies it where it cannot have one.</summary>
    public void LinkOrCopy(string source, string draft)
    {
        try
        {
            DurableFile.Link(source, draft);
        }
        catch (PosixException failure) when (failure.IsOtherDevice || failure.IsLinkLimit)
        {
            Copy(source, draft);
            store.Reached("copied");
        }
    }

    /// <summary>Copies a durable file, with its time; the copy is durable too.</summary>
    public static void Copy(string source, string draft)
    {
        using var from = DiskFile.Open(source);
        using var to = DiskFile.Create(draft);
        var piece = new byte[64 * 1024];
        long length = 0;
        for (int count; (count = RandomAccess.Read(from, piece, length)) > 0; length += count)
            DiskFile.Write(to, piece.AsSpan(0, count), length);

        // The modification time is INTERNALDATE.
        DiskFile.SetTime(to, File.GetLastWriteTimeUtc(from));
        DiskFile.Sync(to);
    }
}
