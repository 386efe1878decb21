namespace MailServer.Storage;

/// <summary>The folders that a run has open, and the messages in them by base name.</summary>
internal sealed class ChangeFolders : IAsyncDisposable
{
    private readonly MaildirStore _store;
    private readonly IMailAccount _account;
    private readonly FolderAccess _access;
    private readonly Dictionary<string, OpenFolder> _open = new(StringComparer.Ordinal);

    private ChangeFolders(MaildirStore store, IMailAccount account, FolderAccess access) => (_store, _account, _access) = (store, account, access);

    public static async ValueTask<Outcome<ChangeFolders>> OpenAsync(MaildirStore store, User user, Author author, FolderAccess access, CancellationToken cancellationToken)
    {
        var opened = await store.OpenAsync(user, author, cancellationToken).ConfigureAwait(false);
        return opened.TryGet(out var account, out var problem) ? new ChangeFolders(store, account, access) : problem;
    }

    /// <summary>A folder, as it is now; null when it is not there.</summary>
    public async ValueTask<FoundFolder> FolderAsync(string name, CancellationToken cancellationToken)
    {
        if (_open.TryGetValue(name, out var folder))
        {
            if (!folder.View.HasChanges || (await folder.View.RefreshAsync(mayExpunge: true, cancellationToken).ConfigureAwait(false)).Problem is not { } stale)
                return new(folder, null);
            await CloseAsync(name).ConfigureAwait(false);
            if (stale.Reason != ProblemReason.NotFound)
                return new(null, stale);
        }

        var opened = await _account.OpenFolderAsync(new(name), _access, null, cancellationToken).ConfigureAwait(false);
        if (opened.TryGet(out var view, out var problem))
            return new(_open[name] = new((FolderView)view), null);
        return new(null, problem.Reason == ProblemReason.NotFound ? null : problem);
    }

    /// <summary>
    /// Looks up what a change names, and gives names to what it makes. Nothing is changed but that folders are made.
    /// </summary>
    public async ValueTask<PlannedChange> PlanAsync(MailChange change, bool makes, CancellationToken cancellationToken)
    {
        var (folder, problem) = await FolderAsync(change.Folder, cancellationToken).ConfigureAwait(false);
        if (problem is not null)
            return new() { Problem = problem };
        var sequence = folder?.SequenceOf(change.Message) ?? 0;
        if (folder is null || sequence == 0)
            return new() { Skip = ChangeSkips.Gone };

        var now = folder.View.FlagsAt(sequence);
        var asked = change.Flags is null ? now : FlagText.Read(change.Flags);
        if (!FlagText.AreAlike(now, asked))
            return new() { Skip = ChangeSkips.Flagged };
        var after = change.Adds is { } more ? FlagText.Union(now, FlagText.Read(more)) : change.After is null ? now : FlagText.Read(change.After);

        // Who has read it, or marked it unread, since: it stays so.
        if (change.Flags is not null && (now.System & SystemFlags.Seen) != (asked.System & SystemFlags.Seen))
            after = after with { System = (after.System & ~SystemFlags.Seen) | (now.System & SystemFlags.Seen) };

        await folder.View.MeasureAsync(sequence, sequence, cancellationToken).ConfigureAwait(false);
        List<ChangeCopy> copies = [];
        var to = change.To == change.Folder ? null : change.To;
        var emailId = folder.View.EmailIdAt(sequence);
        if (to is not null && change.Adds is not null && await HasAsync(to, emailId, cancellationToken).ConfigureAwait(false))
            to = null; // a copy of it is there already: this one is another
        foreach (var copy in change.Copies ?? [])
            if (copy.Folder != change.Folder && (change.Adds is null || !await HasAsync(copy.Folder, emailId, cancellationToken).ConfigureAwait(false)))
                copies.Add(copy with { Message = folder.NewName(sequence, _store) });
        if (makes)
            foreach (var target in copies.Select(copy => copy.Folder).Append(to).OfType<string>())
                if (await MakeAsync(target, cancellationToken).ConfigureAwait(false) is not null)
                    return new() { Skip = ChangeSkips.NoFolder };

        var removes = await StillThereAsync(change, after, cancellationToken).ConfigureAwait(false);
        var isChange = to is not null || copies.Count > 0 || removes.Count > 0 || !after.Equals(now);
        return new()
        {
            Change = !isChange ? null : change with
            {
                Flags = FlagText.Write(now),
                After = FlagText.Write(after),
                Adds = null,
                To = to,
                As = to is null ? null : folder.NewName(sequence, _store),
                Copies = copies.Count > 0 ? copies : null,
                Removes = removes.Count > 0 ? removes : null,
            },
        };
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var name in _open.Keys.ToArray())
            await CloseAsync(name).ConfigureAwait(false);
        await _account.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>Copies that nobody has touched: those that were moved, deleted or flagged since stay.</summary>
    private async ValueTask<List<ChangeCopy>> StillThereAsync(MailChange change, MessageFlags after, CancellationToken cancellationToken)
    {
        List<ChangeCopy> removes = [];
        var left = change.Flags is null ? after : FlagText.Read(change.Flags);
        foreach (var copy in change.Removes ?? [])
            if (copy.Message is { } name && (await FolderAsync(copy.Folder, cancellationToken).ConfigureAwait(false)).Folder is { } folder
                && folder.SequenceOf(name) is > 0 and var sequence && FlagText.AreAlike(folder.View.FlagsAt(sequence), left))
                removes.Add(copy);
        return removes;
    }

    private async ValueTask<bool> HasAsync(string folder, string emailId, CancellationToken cancellationToken) =>
        (await FolderAsync(folder, cancellationToken).ConfigureAwait(false)).Folder is { } there && there.HasEmail(emailId);

    private async ValueTask<Problem?> MakeAsync(string name, CancellationToken cancellationToken)
    {
        var (folder, problem) = await FolderAsync(name, cancellationToken).ConfigureAwait(false);
        if (problem is not null || folder is not null)
            return problem;
        if (await _account.CreateAsync(new(name), null, cancellationToken).ConfigureAwait(false) is { Reason: not ProblemReason.AlreadyExists } failed)
            return failed;

        // Many clients show only folders that are subscribed to.
        return await _account.SetSubscribedAsync(new(name), subscribed: true, cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask CloseAsync(string name)
    {
        if (_open.Remove(name, out var folder))
            await folder.View.DisposeAsync().ConfigureAwait(false);
    }
}

/// <summary>A folder, or why it cannot be opened; neither when it is not there.</summary>
internal readonly record struct FoundFolder(OpenFolder? Folder, Problem? Problem);

/// <summary>What came of looking a change up: it, or why not; neither when there is nothing to change.</summary>
internal readonly record struct PlannedChange
{
    public MailChange? Change { get; init; }

    public string? Skip { get; init; }

    public Problem? Problem { get; init; }
}

/// <summary>A folder with its messages by base name.</summary>
internal sealed class OpenFolder(FolderView view)
{
    private readonly Dictionary<string, uint> _uids = new(StringComparer.Ordinal);
    private readonly HashSet<string> _emails = new(StringComparer.Ordinal);
    private uint _upTo;
    private uint _emailsUpTo;

    public FolderView View => view;

    /// <summary>The sequence number of a base name; 0 when it is not there.</summary>
    public int SequenceOf(string baseName)
    {
        for (var sequence = view.FirstSequenceFrom(_upTo + 1); sequence <= view.Count; sequence++)
            _uids[view.BaseNameAt(sequence)] = _upTo = view.UidAt(sequence);
        return _uids.TryGetValue(baseName, out var uid) ? view.SequenceOf(uid) : 0;
    }

    /// <summary>Whether a message or a copy of it is here, or was since the folder was opened.</summary>
    public bool HasEmail(string emailId)
    {
        for (var sequence = view.FirstSequenceFrom(_emailsUpTo + 1); sequence <= view.Count; sequence++)
        {
            _emails.Add(view.EmailIdAt(sequence));
            _emailsUpTo = view.UidAt(sequence);
        }

        return _emails.Contains(emailId);
    }

    /// <summary>A base name for the message somewhere else.</summary>
    public string NewName(int sequence, MaildirStore store) => view.NewNameFor(sequence, store.Context.Names);
}
