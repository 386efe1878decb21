using MailServer.Posix;

namespace MailServer.Storage;

/// <summary>The plain files beside the messages. All callers hold <see cref="Io"/>.</summary>
internal sealed partial class SharedFolder
{
    /// <summary>Dead lines a UID list may hold before it is written anew: below that a rewrite costs more than it saves.</summary>
    private const int MinDeadLines = 1000;

    /// <summary>UIDs from here on may stand in the list and not be durable, since a sync has failed.</summary>
    private uint _doubtfulFrom = uint.MaxValue;

    private string UidListPath => Place.File(UidList.FileName);

    private async ValueTask LoadAsync(CancellationToken cancellationToken)
    {
        ReadKeywords();
        var index = TryReadIndex();
        var isAsked = _store.UidMemory.TryRecall(Place.Path, out _);
        if (index is not null && !isAsked && KnowsUidList(index))
        {
            TakeWhole(index);
        }
        else
        {
            if (ReadUidList() is not { IsWhole: true } list || isAsked)
                list = await RepairUidListAsync(cancellationToken).ConfigureAwait(false);
            TakeList(list, index);
            if (_lost.Count > 0)
                TakeList(await RepairUidListAsync(cancellationToken).ConfigureAwait(false), TryReadIndex());
        }

        TmpSweep.Sweep(Place.Tmp, _store);
        TmpSweep.SweepDrafts(Place.Path, _store);
    }

    private void AdoptKeywords()
    {
        var further = FurtherKeywords.Read(Place.File(FurtherKeywords.FileName), Logger);
        var isChanged = false;
        foreach (var (baseName, names) in CourierFiles.ReadKeywords(Place, Logger))
            isChanged |= further.Set(baseName, names);
        if (isChanged)
            further.Write(Place.File(FurtherKeywords.FileName));
        ReadKeywords();
    }

    /// <summary>Takes up what another program has written into the UID list. False when all UIDs are void now.</summary>
    private bool Reload()
    {
        if (_uids!.Stamp == FileStamp.Of(UidListPath))
            return true;
        if (ReadUidList() is not { HasUidValidity: true, IsExhausted: false } list || list.UidValidity != _uids.UidValidity)
        {
            _store.UidMemory.Remember(Place.Path, _uids);
            Retire();
            return false;
        }

        // What sessions were told stays true, or they must open the folder again. A line that is gone only says that the other program
        // has seen the message go.
        if (list.UidNext < _uids.UidNext
            || _entries.Exists(entry => list.TryFind(entry.BaseName, out var record) && record.Uid != entry.Uid))
        {
            _store.UidMemory.Remember(Place.Path, _uids);
            Retire();
            return false;
        }

        lock (Gate)
            list.HandOver(this, _entries);
        _uids = list;
        _knowsAbsent = false;
        return true;
    }

    /// <summary>Appends lines, durable before any client hears of the UIDs.</summary>
    private async Task AppendAsync(List<UidRecord> records)
    {
        if (records.Count == 0)
            return;
        var list = _uids!;
        try
        {
            _store.Reached("uidlist appending");
            if (list.CanAppend && _doubtfulFrom == uint.MaxValue)
                await AppendLinesAsync(list, UidList.FormatLines(records)).ConfigureAwait(false);
            else
                await ReplaceAsync(list, list.Records.Values).ConfigureAwait(false);
        }
        catch (Exception failure) when (DiskProblem.Is(failure))
        {
            // What was written may be in memory alone, and a later sync would not say so: the next lines go with the whole list.
            _doubtfulFrom = Math.Min(_doubtfulFrom, records[0].Uid);
            list.TakeBack(records);
            throw;
        }
    }

    private async ValueTask AppendLinesAsync(UidList list, byte[] lines)
    {
        await _store.Disk.RunAsync(() =>
        {
            using var file = DiskFile.OpenToWrite(UidListPath);
            DiskFile.Write(file, lines, RandomAccess.GetLength(file));
            DiskFile.Sync(file);
        }).ConfigureAwait(false);
        list.Stamp = FileStamp.Of(UidListPath);
        _store.Reached("uidlist appended");
    }

    private async ValueTask ReplaceAsync(UidList list, IEnumerable<UidRecord> records)
    {
        if (list.Damage is { } damage)
            BrokenFile.Keep(UidListPath, damage, Logger);
        var bytes = list.Format(records);
        await _store.Disk.RunAsync(() =>
            DurableFile.WriteAllBytes(UidListPath, bytes, DiskFile.Private)).ConfigureAwait(false);
        var stamp = FileStamp.Of(UidListPath);
        list.MarkWritten(stamp);
        _doubtfulFrom = uint.MaxValue;
        _store.Reached("uidlist replaced");
    }

    private void ReadKeywords()
    {
        var path = Place.File(KeywordFile.FileName);
        var further = Place.File(FurtherKeywords.FileName);
        if (_keywords.Stamp == FileStamp.Of(path) && _further.Stamp == FileStamp.Of(further))
            return;
        TakeKeywords(KeywordFile.Read(path, Logger), FurtherKeywords.Read(further, Logger));
    }

    /// <summary>Letters may mean something else now.</summary>
    private void TakeKeywords(KeywordFile keywords, FurtherKeywords further)
    {
        lock (Gate)
        {
            (_keywords, _further, _letters) = (keywords, further, new(keywords));
            var modSeq = 0UL;
            foreach (var entry in _entries)
            {
                var (_, names) = FlagsOf(entry);
                if (names.SequenceEqual(entry.Keywords))
                    continue;
                entry.Keywords = names;
                entry.ModSeq = modSeq = modSeq == 0 ? NextModSeq() : modSeq;
                Unsaved(entry);
            }

            _isStateStale = true;

            if (modSeq != 0)
                Publish();
        }
    }

    /// <exception cref="IOException">It failed: memory is as the disk again.</exception>
    private void WriteFurther()
    {
        try
        {
            _further.Write(Place.File(FurtherKeywords.FileName));
        }
        catch
        {
            TakeKeywords(_keywords, _further);

            // Where only the directory could not be synced, the new file is there all the same.
            _isBehind = true;
            throw;
        }
    }

    /// <summary>Gives letters to keywords that have none yet, as far as there are any.</summary>
    private async ValueTask LearnAsync(IReadOnlyList<string> keywords, CancellationToken cancellationToken)
    {
        if (!keywords.Any(name => _keywords.LetterOf(name) == '\0'))
            return;
        var path = Place.File(KeywordFile.FileName);
        using var held = await DotLock.TakeAsync(UidListPath, _store.Time, Logger, cancellationToken).ConfigureAwait(false);
        using var alsoHeld = await DotLock.TakeAsync(path, _store.Time, Logger, cancellationToken).ConfigureAwait(false);
        ReadKeywords();
        var grown = _keywords.With(keywords, UsedLetters());
        if (!grown.Names.SequenceEqual(_keywords.Names))
            TakeKeywords(grown.Write(path), _further);
    }

    /// <summary>Writes what the next opening profits from. The last session has left.</summary>
    public async ValueTask SaveAsync()
    {
        if (_uids is null || IsRetired || !Directory.Exists(Place.Path))
            return;
        var dead = _uids.Absent.Count;
        if (dead >= MinDeadLines && dead >= _entries.Count)
            await ForgetAbsentAsync().ConfigureAwait(false);
        PruneFurther();

        // After changes of our own nobody has looked yet: with a look now the next opening needs none.
        if (_isSettled && _lookedTimes != _seenTimes)
            await LookAsync(CancellationToken.None).ConfigureAwait(false);
        if (!IsRetired)
            WriteIndex(closes: true);
    }

    /// <summary>Forgets keywords of messages that no line of the UID list could bring back, once they are half of the file.</summary>
    private void PruneFurther()
    {
        if (_further.IsEmpty)
            return;
        // A delivery writes its keywords down before its file has its name: what is as young as that stays.
        var young = _store.Time.GetUtcNow().AddDays(-1).ToUnixTimeSeconds();
        var gone = _further.BaseNames.Where(name => !ByBase.Contains(name) && !_uids!.TryFind(name, out _) && MessageName.SecondsOf(name) < young).ToList();
        if (gone.Count == 0 || gone.Count * 2 < _further.BaseNames.Count)
            return;
        foreach (var name in gone)
            _further.Set(name, []);
        WriteFurther();
    }

    private async ValueTask ForgetAbsentAsync()
    {
        using var held = await DotLock.TakeAsync(UidListPath, _store.Time, Logger, CancellationToken.None).ConfigureAwait(false);
        if (!Reload())
            return;
        foreach (var record in _uids!.Absent.ToList())
            _uids.Forget(record.BaseName);
        await ReplaceAsync(_uids, _uids.Records.Values).ConfigureAwait(false);
        _indexStamp = FileStamp.None;
    }
}
