namespace MailServer.Storage;

/// <summary>
/// Brings back a UID list that is missing, damaged, or older than it had been. Two witnesses know of UIDs beside it: memory, when the list
/// broke under a running server, and the index. No UID that one of them knows is given to another message.
/// </summary>
internal sealed partial class SharedFolder
{
    /// <summary>What the index knows and the list has lost: UIDs that are not below its UIDNEXT.</summary>
    private readonly List<UidRecord> _lost = [];

    /// <summary>Unique-ids that Courier's POP3 server has given, while the folder is numbered for the first time.</summary>
    private Dictionary<string, string> _pop3Ids = [];

    private string ExtrasOf(NewFile file) =>
        file.Note is not null ? UnreadableNote.Key.ToString() : _pop3Ids.TryGetValue(file.BaseName, out var id) ? $"P{id}" : "";

    /// <summary>Called for each line of the index that the list does not have. One below UIDNEXT was dropped on purpose.</summary>
    private void NoteLost(uint uid, string baseName)
    {
        if (uid >= _uids!.UidNext && uid <= UidValidityFile.Greatest)
            _lost.Add(new(uid, baseName, ""));
    }

    /// <summary>The list as the file has it; null when there is none.</summary>
    /// <exception cref="IOException">It cannot be read now. Then nothing is known, and nothing may be numbered anew.</exception>
    private UidList? ReadUidList()
    {
        var stamp = FileStamp.Of(UidListPath);
        UidList list;
        try
        {
            if (SideFile.Read(UidListPath, SideFile.MaxUidList) is not { } bytes)
                return null;
            list = UidList.Salvage(bytes);
        }
        catch (BrokenFileException broken)
        {
            list = UidList.Unreadable(broken.Message);
        }

        list.Stamp = stamp;
        return list;
    }

    /// <summary>Sees to a whole list, under the lock that Dovecot takes.</summary>
    private async ValueTask<UidList> RepairUidListAsync(CancellationToken cancellationToken)
    {
        using var held = await DotLock.TakeAsync(UidListPath, _store.Time, Logger, cancellationToken).ConfigureAwait(false);
        if (ReadUidList() is not { } list)
            return await NewUidListAsync().ConfigureAwait(false);

        var witnesses = Witnesses();
        if (!list.HasUidValidity || list.IsExhausted)
            Renumber(list, witnesses);
        var isDamaged = list.Damage is not null;
        var (next, restored) = (list.UidNext, 0);
        foreach (var witness in witnesses.Where(witness => witness.UidValidity == list.UidValidity))
            restored += list.Restore(witness.Known, witness.UidNext, isDamaged || witness.IsMemory ? 1 : next, witness.IsMemory);
        if (restored > 0 || next != list.UidNext)
            Log.UidsRestored(Logger, Place.Path, restored, list.UidNext);
        if (restored > 0 || next != list.UidNext || isDamaged)
            await ReplaceAsync(list, list.Records.Values).ConfigureAwait(false);
        _store.UidMemory.Forget(Place.Path);
        _lost.Clear();
        return list;
    }

    /// <summary>
    /// A UIDVALIDITY that a witness knows for these very messages, or else a new and greater one. The index may be older than the last UIDs
    /// that were given, so it is believed only where the list's own lines are there to tell those.
    /// </summary>
    private void Renumber(UidList list, List<Witness> witnesses)
    {
        if (!list.HasUidValidity && !list.IsExhausted
            && witnesses.Find(witness => list.AgreesWith(witness.Known, witness.IsMemory ? 0 : 1)) is { UidValidity: > 0 and <= UidValidityFile.Greatest } known)
        {
            list.Renew(known.UidValidity);
            return;
        }

        foreach (var witness in witnesses)
            UidValidityFile.AtLeast(Place.Root, witness.UidValidity, _store);
        list.Renew(UidValidityFile.Next(Place.Root, _store));
        Log.NewUidValidity(Logger, Place.Path, list.UidValidity, list.Damage ?? "");
    }

    private List<Witness> Witnesses()
    {
        List<Witness> witnesses = [];
        if (_store.UidMemory.TryRecall(Place.Path, out var memory))
            witnesses.Add(new(memory.UidValidity, memory.UidNext, [.. memory.Records.Values], IsMemory: true));
        if (IndexWitness() is { } index)
            witnesses.Add(index);
        return witnesses;
    }

    private Witness? IndexWitness()
    {
        if (TryReadIndex() is not { } index)
            return null;
        List<UidRecord> known = [];
        var next = 1u;
        foreach (var record in index.Entries.Select(entry => entry.Line()).Concat(index.Absent))
            if (record.Uid is > 0 and <= UidValidityFile.Greatest)
            {
                known.Add(record);
                next = Math.Max(next, record.Uid + 1);
            }

        return new(index.UidValidity, next, known, IsMemory: false);
    }

    private async ValueTask<UidList> NewUidListAsync()
    {
        _pop3Ids = CourierPop3List.Read(Place, Logger);
        if (CourierFiles.ReadUids(Place, Logger) is { } adopted)
        {
            // Keywords first: without a UID list all is done again.
            AdoptKeywords();
            adopted.TakePop3Ids(_pop3Ids);
            await ReplaceAsync(adopted, adopted.Records.Values).ConfigureAwait(false);
            return adopted;
        }

        if (_store.UidMemory.TryRecall(Place.Path, out var memory))
            UidValidityFile.AtLeast(Place.Root, memory.UidValidity, _store);
        if (IndexWitness() is { } index)
            UidValidityFile.AtLeast(Place.Root, index.UidValidity, _store);
        _store.UidMemory.Forget(Place.Path);
        var list = UidList.Create(UidValidityFile.Next(Place.Root, _store));
        await ReplaceAsync(list, []).ConfigureAwait(false);
        return list;
    }

    /// <summary>Keyword letters in file names: when <c>dovecot-keywords</c> was lost, they must not come to mean something else.</summary>
    private HashSet<char> UsedLetters()
    {
        HashSet<char> used = [];
        foreach (var entry in _entries)
            foreach (var letter in MessageName.LettersOf(entry.FileName))
                used.Add(letter);
        return used;
    }

    /// <summary>Who knows of UIDs beside the list.</summary>
    /// <param name="UidValidity">Under which UIDVALIDITY.</param>
    /// <param name="UidNext">Above all that it knows to have been given.</param>
    /// <param name="Known">Messages by UID.</param>
    /// <param name="IsMemory">Whether sessions of this process were told so.</param>
    private sealed record Witness(uint UidValidity, uint UidNext, IReadOnlyList<UidRecord> Known, bool IsMemory);
}
