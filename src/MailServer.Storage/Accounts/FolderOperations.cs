using MailServer.Posix;

namespace MailServer.Storage;

/// <summary>Makes, deletes and renames the folders of an account.</summary>
internal sealed class FolderOperations(StoreContext store, FolderTable table, FolderPaths paths, Author author)
{
    /// <summary>Folders of one account: LIST sends them all.</summary>
    private const int MaxFolders = 10_000;

    private bool IsFs => store.Options.Layout == MaildirLayout.Fs;

    public bool Exists(FolderPlace place) => place.Name.IsInbox || Directory.Exists(IsFs ? place.Cur : place.Path);

    public async ValueTask<Problem?> CreateAsync(FolderName folder, string? specialUse, CancellationToken cancellationToken)
    {
        if (paths.PlaceOf(folder) is not { } place)
            return FolderProblem.Impossible;
        if (specialUse is not null && !SpecialUseFile.IsKnown(specialUse))
            return FolderProblem.UnknownUse;
        if (Exists(place))
            return FolderProblem.AlreadyExists;
        if (paths.All().Count >= MaxFolders)
            return FolderProblem.TooMany;
        await store.Maker.EnsureAsync(place).ConfigureAwait(false);

        // Its UIDVALIDITY is taken now, so that it is greater than that of a folder of this name before.
        await table.ReleaseAsync(await table.AcquireAsync(place, cancellationToken).ConfigureAwait(false)).ConfigureAwait(false);
        if (specialUse is not null)
            await SpecialUseFile.ChangeAsync(paths.Root, uses => uses[folder] = specialUse, store, cancellationToken).ConfigureAwait(false);
        Tell(JournalEvents.FolderCreated, folder, null);
        return null;
    }

    public async ValueTask<Problem?> DeleteAsync(FolderName folder, CancellationToken cancellationToken)
    {
        if (folder.IsInbox)
            return FolderProblem.InboxStays;
        if (paths.PlaceOf(folder) is not { } place || !Exists(place))
            return Problem.NoSuchFolder;
        RememberUidValidity(place);
        Retire(place);

        // First out of sight in one step, then removed; what dies in between is swept.
        var grave = Path.Combine(paths.PlaceOf(FolderName.Inbox)!.Tmp, store.Names.Next());
        if (IsFs)
            BuryFs(place, grave);
        else
            DurableFile.RenameNoReplace(place.Path, grave);
        store.Reached("buried");
        await store.Sync.SyncAsync(Path.GetDirectoryName(place.Path)!).ConfigureAwait(false);
        await SpecialUseFile.ChangeAsync(paths.Root, uses => uses.Remove(folder), store, cancellationToken).ConfigureAwait(false);
        Tell(JournalEvents.FolderDeleted, folder, null);
        var gone = MaildirCount.Of([grave]);
        store.Quotas.Of(paths.Root).Change(-gone.Storage, -gone.Messages);
        DiskFile.RemoveTree(grave);
        return null;
    }

    public async ValueTask<Problem?> RenameAsync(FolderName from, FolderName to, CancellationToken cancellationToken)
    {
        if (paths.PlaceOf(to) is not { } target || to.Value.StartsWith(from.Value + "/", StringComparison.Ordinal))
            return FolderProblem.Impossible;
        if (Exists(target))
            return FolderProblem.AlreadyExists;
        if (from.IsInbox)
            return await EmptyInboxAsync(target, cancellationToken).ConfigureAwait(false);

        List<(FolderPlace From, FolderPlace To)> pairs = [];
        foreach (var place in paths.All().Where(place => place.Name == from || place.Name.Value.StartsWith(from.Value + "/", StringComparison.Ordinal)))
            if (place.Name.IsInbox || paths.PlaceOf(new(to.Value + place.Name.Value[from.Value.Length..])) is not { } moved)
                return FolderProblem.Impossible;
            else if (Exists(moved))
                return FolderProblem.AlreadyExists;
            else
                pairs.Add((place, moved));
        if (pairs.Count == 0)
            return Problem.NoSuchFolder;
        await MoveAsync(from, target, pairs).ConfigureAwait(false);
        await SpecialUseFile.ChangeAsync(paths.Root, uses =>
        {
            foreach (var pair in pairs)
                if (uses.Remove(pair.From.Name, out var use))
                    uses[pair.To.Name] = use;
        }, store, cancellationToken).ConfigureAwait(false);
        foreach (var pair in pairs)
            Tell(JournalEvents.FolderRenamed, pair.To.Name, pair.From.Name);
        return null;
    }

    private void Tell(string what, FolderName folder, FolderName? from) => store.Journals.Of(paths.Root).Add(new JournalEntry
    {
        Event = what,
        Folder = folder.Value,
        From = from is { } old ? new() { Folder = old.Value } : null,
    }.WrittenBy(author));

    private async ValueTask MoveAsync(FolderName from, FolderPlace target, List<(FolderPlace From, FolderPlace To)> pairs)
    {
        foreach (var (source, _) in pairs)
        {
            RememberUidValidity(source);
            Retire(source);
        }

        if (IsFs)
        {
            var source = paths.PlaceOf(from)!;
            await store.Maker.MakeDirectoryAsync(Path.GetDirectoryName(target.Path)!).ConfigureAwait(false);
            DurableFile.RenameNoReplace(source.Path, target.Path);
            await store.Sync.SyncAsync(Path.GetDirectoryName(source.Path)!).ConfigureAwait(false);
            await store.Sync.SyncAsync(Path.GetDirectoryName(target.Path)!).ConfigureAwait(false);
            return;
        }

        foreach (var (source, moved) in pairs)
        {
            DurableFile.RenameNoReplace(source.Path, moved.Path);
            store.Reached("folder renamed");
        }

        await store.Sync.SyncAsync(paths.Root).ConfigureAwait(false);
    }

    /// <summary>RFC 9051 §6.3.6: RENAME of INBOX moves its messages to a new folder and leaves INBOX empty.</summary>
    private async ValueTask<Problem?> EmptyInboxAsync(FolderPlace target, CancellationToken cancellationToken)
    {
        if (await CreateAsync(target.Name, null, cancellationToken).ConfigureAwait(false) is { } problem)
            return problem;

        // RFC 5464 §4.1: INBOX keeps its annotations, and its messages' new folder has them too.
        if (new MetadataFile(paths.PlaceOf(FolderName.Inbox)!.File(MetadataFile.FileName), store).Read() is { Count: > 0 } entries)
            await new MetadataFile(target.File(MetadataFile.FileName), store).SetAsync(entries, cancellationToken).ConfigureAwait(false);
        var inbox = await table.AcquireAsync(paths.PlaceOf(FolderName.Inbox)!, cancellationToken).ConfigureAwait(false);
        var opened = await FolderView.OpenAsync(store, table, paths, inbox, FolderAccess.ReadWrite, null, author, cancellationToken).ConfigureAwait(false);
        if (!opened.TryGet(out var view, out problem))
            return problem;
        await using (view.ConfigureAwait(false))
        {
            var moved = await view.MoveAsync([.. Enumerable.Range(1, view.Count)], target.Name, cancellationToken).ConfigureAwait(false);
            return moved.Problem;
        }
    }

    /// <summary>Sees to it that the next UIDVALIDITY given is greater than the folder's, which another program may have given.</summary>
    private void RememberUidValidity(FolderPlace place)
    {
        try
        {
            if (SideFile.Read(place.File(UidList.FileName), SideFile.MaxUidList) is { } bytes && UidList.Parse(bytes) is { } list)
                UidValidityFile.AtLeast(paths.Root, list.UidValidity, store);
        }
        catch (BrokenFileException)
        {
            // It goes with the folder.
        }
    }

    private void Retire(FolderPlace place)
    {
        table.Retire(place.Path);
        store.Maker.Forget(place);
    }

    /// <summary>In this layout children lie within: only the folder's own part goes.</summary>
    private static void BuryFs(FolderPlace place, string grave)
    {
        DiskFile.MakeDirectory(grave);
        foreach (var part in (string[])[place.Cur, place.New, place.Tmp])
            if (Directory.Exists(part))
                DurableFile.RenameNoReplace(part, Path.Combine(grave, Path.GetFileName(part)));
        foreach (var file in Directory.EnumerateFiles(place.Path).ToList())
            DurableFile.RenameNoReplace(file, Path.Combine(grave, Path.GetFileName(file)));
        if (!Directory.EnumerateFileSystemEntries(place.Path).Any())
            DiskFile.RemoveDirectory(place.Path);
    }
}
