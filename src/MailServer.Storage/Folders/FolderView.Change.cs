using MailServer.Posix;

namespace MailServer.Storage;

/// <summary>What the session changes.</summary>
internal sealed partial class FolderView
{
    /// <summary>Times that flags are carried after a message that moves: each is lost only to somebody who changes them in that moment.</summary>
    private const int MaxCarries = 20;

    public async ValueTask<Outcome<IReadOnlyList<int>>> StoreAsync(
        IReadOnlyList<int> sequences, FlagChange change, MessageFlags flags, CancellationToken cancellationToken)
    {
        var stored = await StoreAsync(sequences, change, flags, mayChange: null, cancellationToken).ConfigureAwait(false);
        return stored.TryGet(out var result, out var problem) ? new Outcome<IReadOnlyList<int>>(result.Stored) : problem;
    }

    public ValueTask<Outcome<ConditionalStoreResult>> StoreUnchangedAsync(
        IReadOnlyList<int> sequences, FlagChange change, MessageFlags flags, ulong unchangedSince, CancellationToken cancellationToken) =>
        StoreAsync(sequences, change, flags, entry => entry.ModSeq <= unchangedSince, cancellationToken);

    private async ValueTask<Outcome<ConditionalStoreResult>> StoreAsync(
        IReadOnlyList<int> sequences, FlagChange change, MessageFlags flags, Func<FolderEntry, bool>? mayChange, CancellationToken cancellationToken)
    {
        if (Access == FolderAccess.ReadOnly)
            return FolderProblem.ReadOnly;
        if (_folder.IsRetired)
            return Problem.NoSuchFolder;
        if (!KeywordName.AreAllowed(flags.Keywords))
            return FolderProblem.BadKeyword;
        try
        {
            var wasCurrent = !HasChanges;
            var entries = EntriesAt(sequences);
            var (there, modified, problem) = await _folder.StoreAsync(entries, change, flags, mayChange, cancellationToken).ConfigureAwait(false);
            List<int> answer = [];
            List<int> kept = [];
            List<FolderEntry> changed = [];
            lock (_folder.Gate)
            {
                for (var i = 0; i < entries.Count; i++)
                {
                    if (modified.Contains(entries[i]))
                        kept.Add(sequences[i]);
                    if (!there.Contains(entries[i]))
                        continue;
                    answer.Add(sequences[i]);
                    if (_slots[sequences[i] - 1].ModSeq != entries[i].ModSeq)
                        changed.Add(entries[i]);
                    if (problem is null) // else the next look tells of what has changed
                        _slots[sequences[i] - 1] = new(entries[i], entries[i].ModSeq);
                }

                if (problem is null)
                    SkipOwn(wasCurrent);
            }

            TellFlags(changed);
            return problem is null ? new ConditionalStoreResult { Stored = answer, Modified = kept } : problem;
        }
        catch (Exception failure) when (DiskProblem.Is(failure))
        {
            return _store.Failed("storing flags", failure);
        }
    }

    public async ValueTask<Outcome<Expunged>> ExpungeAsync(IReadOnlyList<int>? sequences, CancellationToken cancellationToken)
    {
        if (Access == FolderAccess.ReadOnly)
            return FolderProblem.ReadOnly;
        if (_folder.IsRetired)
            return Problem.NoSuchFolder;
        List<FolderEntry> entries;
        lock (_folder.Gate)
            entries = sequences is null
                ? _slots.FindAll(slot => (slot.Entry.System & SystemFlags.Deleted) != 0).ConvertAll(slot => slot.Entry)
                : EntriesAt(sequences);
        var removed = await RemoveAsync(entries, () => ExpungeAsync(entries, null, cancellationToken)).ConfigureAwait(false);
        TellRemoved(entries);
        return removed;
    }

    public async ValueTask<Outcome<ReplaceResult>> ReplaceAsync(int sequence, IMessageDraft draft, CancellationToken cancellationToken)
    {
        if (Access == FolderAccess.ReadOnly)
            return FolderProblem.ReadOnly;
        var entry = EntryAt(sequence);
        _folder.Measure(entry);
        if (entry.IsExpunged)
            return FolderProblem.Expunged;

        // Durable before the other goes: dying in between leaves both, never none.
        var stored = await MessageDraft.CommitAsync([(MessageDraft)draft], (entry.FileSize, 1), cancellationToken).ConfigureAwait(false);
        if (!stored.TryGet(out var results, out var problem))
            return problem;
        var removed = await ExpungeAsync([sequence], cancellationToken).ConfigureAwait(false);
        return removed.TryGet(out var expunged, out problem) ? new ReplaceResult { Stored = results[0], Expunged = expunged } : problem;
    }

    public async ValueTask<Outcome<CopyResult>> CopyAsync(IReadOnlyList<int> sequences, FolderName target, CancellationToken cancellationToken)
    {
        var entries = EntriesAt(sequences);
        var copied = await CopyEntriesAsync(entries, target, isMove: false, cancellationToken).ConfigureAwait(false);
        if (copied.Problem is null)
        {
            TellArrivals(JournalEvents.Copied, entries, target, copied.Value);
            _store.Quotas.Of(_paths.Root).Arrived();
        }

        return copied.TryGet(out var place, out var problem)
            ? new CopyResult { UidValidity = place.UidValidity, SourceUids = entries.ConvertAll(entry => entry.Uid), TargetUids = place.Uids }
            : problem;
    }

    public async ValueTask<Outcome<MoveResult>> MoveAsync(IReadOnlyList<int> sequences, FolderName target, CancellationToken cancellationToken)
    {
        if (Access == FolderAccess.ReadOnly)
            return FolderProblem.ReadOnly;
        var entries = EntriesAt(sequences);
        var copied = await CopyEntriesAsync(entries, target, isMove: true, cancellationToken).ConfigureAwait(false);
        if (!copied.TryGet(out var place, out var problem))
            return problem;

        // Durable there before it goes here: dying in between leaves two, never none.
        TellArrivals(JournalEvents.Moved, entries, target, place);
        var removed = await RemoveAsync(entries, () => ExpungeMovedAsync(entries, target, place, cancellationToken)).ConfigureAwait(false);
        return removed.TryGet(out var expunged, out problem)
            ? new MoveResult
            {
                UidValidity = place.UidValidity,
                SourceUids = entries.ConvertAll(entry => entry.Uid),
                TargetUids = place.Uids,
                Expunged = expunged,
            }
            : problem;
    }

    private async ValueTask ExpungeAsync(List<FolderEntry> entries, Func<FolderEntry, bool>? mayGo, CancellationToken cancellationToken) =>
        _ = await _folder.ExpungeAsync(entries, mayGo, cancellationToken).ConfigureAwait(false);

    /// <summary>
    /// Removes what has been copied. A flag that somebody has set or cleared since the copy was made goes over first: a file is removed only
    /// under the name whose flags the copy has.
    /// </summary>
    private async ValueTask ExpungeMovedAsync(List<FolderEntry> entries, FolderName target, Entered copies, CancellationToken cancellationToken)
    {
        var copied = new Dictionary<FolderEntry, (uint Uid, MessageFlags Flags)>(entries.Count);
        for (var i = 0; i < entries.Count; i++)
            copied[entries[i]] = (copies.Uids[i], copies.Arrivals[i].Flags);
        for (var tries = 0; tries < MaxCarries; tries++)
        {
            var changed = await _folder.ExpungeAsync(entries, entry => FlagsOf(entry).Equals(copied[entry].Flags), cancellationToken).ConfigureAwait(false);
            if (changed.Count == 0)
                return;
            foreach (var entry in changed)
                copied[entry] = copied[entry] with { Flags = FlagsOf(entry) };
            await CarryFlagsAsync(target, [.. changed.Select(entry => copied[entry])], cancellationToken).ConfigureAwait(false);
        }

        await ExpungeAsync(entries, null, cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask CarryFlagsAsync(FolderName target, List<(uint Uid, MessageFlags Flags)> changed, CancellationToken cancellationToken)
    {
        var folder = await _table.AcquireAsync(_paths.PlaceOf(target)!, cancellationToken).ConfigureAwait(false);
        try
        {
            foreach (var (uid, flags) in changed)
            {
                FolderEntry? copy;
                lock (folder.Gate)
                    copy = folder.IndexFrom(uid) is var at && at < folder.Entries.Length && folder.Entries[at].Uid == uid ? folder.Entries[at] : null;
                if (copy is not null)
                    await folder.StoreAsync([copy], FlagChange.Replace, flags, mayChange: null, cancellationToken).ConfigureAwait(false);
            }
        }
        finally
        {
            await _table.ReleaseAsync(folder).ConfigureAwait(false);
        }
    }

    private MessageFlags FlagsOf(FolderEntry entry)
    {
        lock (_folder.Gate)
            return new() { System = entry.System, Keywords = entry.Keywords };
    }

    private async ValueTask<Outcome<Expunged>> RemoveAsync(List<FolderEntry> entries, Func<ValueTask> expunge)
    {
        try
        {
            var wasCurrent = !HasChanges;
            await expunge().ConfigureAwait(false);
            lock (_folder.Gate)
            {
                var expunged = DropExpunged([.. entries]);
                SkipOwn(wasCurrent);
                return expunged;
            }
        }
        catch (Exception failure) when (DiskProblem.Is(failure))
        {
            return _store.Failed("expunging", failure);
        }
    }

    private async ValueTask<Outcome<Entered>> CopyEntriesAsync(
        List<FolderEntry> entries, FolderName target, bool isMove, CancellationToken cancellationToken)
    {
        if (_folder.IsRetired)
            return Problem.NoSuchFolder;
        if (_paths.PlaceOf(target) is not { } place)
            return FolderProblem.Impossible;
        if (!place.Name.IsInbox && !Directory.Exists(place.Cur))
            return Problem.NoSuchFolder;
        List<Arrival> arrivals = [];
        SharedFolder? folder = null;
        try
        {
            folder = await _table.AcquireAsync(place, cancellationToken).ConfigureAwait(false);
            await _folder.MeasureAsync(entries, cancellationToken).ConfigureAwait(false);
            if (entries.Exists(entry => entry.Note is not null))
                return FolderProblem.Unreadable;
            if (!isMove && await _store.Quotas.Of(_paths.Root).RefusesAsync(entries.Sum(entry => entry.FileSize), entries.Count, cancellationToken).ConfigureAwait(false) is { } full)
                return full;
            foreach (var entry in entries)
            {
                var arrival = ArrivalOf(entry, place);
                arrivals.Add(arrival);
                if (!await _folder.WithFileAsync(entry, path => new Deliverer(_store).LinkOrCopy(path, arrival.Draft), cancellationToken).ConfigureAwait(false))
                    return FolderProblem.Expunged;
            }

            if (Journal.IsOn)
                await _store.Disk.RunAsync(() => arrivals = [.. entries.Zip(arrivals, WithMessageId)]).ConfigureAwait(false);
            var uids = entries.Count == 0 ? [] : await folder.EnterAsync(arrivals, cancellationToken).ConfigureAwait(false);
            return uids is null ? Problem.NoSuchFolder : new Entered(folder.UidValidity, uids, arrivals);
        }
        catch (Exception failure) when (DiskProblem.Is(failure))
        {
            return _store.Failed("copying", failure);
        }
        finally
        {
            foreach (var arrival in arrivals)
                DurableFile.TryUnlink(arrival.Draft);
            if (folder is not null)
                await _table.ReleaseAsync(folder).ConfigureAwait(false);
        }
    }

    private Arrival WithMessageId(FolderEntry entry, Arrival arrival) => arrival with
    {
        MessageId = _folder.KeptFieldsOf(entry) is { } fields ? MessageIdField.Among(fields) : MessageIdField.In(arrival.Draft),
    };

    private Arrival ArrivalOf(FolderEntry entry, FolderPlace place)
    {
        // A new base name: the same in two folders would be one message to programs that synchronise by it.
        lock (_folder.Gate)
            return new(NamedOf(entry).As ?? _store.Names.Next(entry.FileSize, entry.CrlfSize, entry.HasOpenEnd), Path.Combine(place.Tmp, _store.Names.Next()),
                new() { System = entry.System, Keywords = entry.Keywords }, entry.FileSize, entry.CrlfSize, entry.DateTicks)
            {
                Key = ObjectIds.KeyForCopy(entry.BaseName, entry.UidExtras),
                HasOpenEnd = entry.HasOpenEnd,
            };
    }

    private List<FolderEntry> EntriesAt(IReadOnlyList<int> sequences)
    {
        var entries = new List<FolderEntry>(sequences.Count);
        foreach (var sequence in sequences)
            entries.Add(_slots[sequence - 1].Entry);
        return entries;
    }

    /// <summary>If this view had seen all before its own change, it has seen all after. The caller holds the gate.</summary>
    private void SkipOwn(bool wasCurrent)
    {
        if (wasCurrent && _slots.Count == _folder.Entries.Length && (_slots.Count == 0 || _slots[^1].Entry == _folder.Entries[^1])
            && _folder.Version == _seenVersion + 1)
            (_seenVersion, HighestModSeq) = (_folder.Version, _folder.HighestModSeq);
    }
}
