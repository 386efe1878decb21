using System.Runtime.InteropServices;
using MailServer.Posix;

namespace MailServer.Storage;

/// <summary>Goes to and from the index.</summary>
internal sealed partial class SharedFolder : IUidLines
{
    /// <summary>Outdated records an index may hold before it is written anew: below that a rewrite costs more than it saves.</summary>
    private const int MinDeadRecords = 1000;

    private readonly List<FolderEntry> _unsaved = [];
    private FileStamp _indexStamp;      // the file as we have left it; none when it must be written whole
    private int _indexRecords;
    private bool _isMarkedOpen;
    private bool _isStateStale;
    private bool _knowsAbsent;          // whether the file has all lines of the UID list that have no message
    private FolderTimes _savedTimes;
    private ulong _leastModSeq;

    private string IndexPath => Place.File(FolderIndex.FileName);

    bool IUidLines.TryFind(string baseName, out UidRecord record)
    {
        record = ByBase.TryGetValue(baseName, out var entry) ? entry.Line() : default;
        return entry is not null;
    }

    IEnumerable<UidRecord> IUidLines.All() => _entries.Select(entry => entry.Line());

    void IUidLines.Change(UidRecord record)
    {
        if (!ByBase.TryGetValue(record.BaseName, out var entry))
            return;
        lock (Gate)
        {
            entry.UidExtras = record.Extras;
            Unsaved(entry);
        }
    }

    /// <summary>Writes what has changed.</summary>
    /// <exception cref="IOException">It failed; the next time all is written.</exception>
    public async ValueTask FlushAsync()
    {
        await Io.WaitAsync(CancellationToken.None).ConfigureAwait(false);
        try
        {
            if (_uids is not null && !IsRetired && Directory.Exists(Place.Path))
                WriteIndex(closes: false);
        }
        finally
        {
            Io.Release();
        }
    }

    private FolderIndex? TryReadIndex()
    {
        try
        {
            var stamp = FileStamp.Of(IndexPath);
            var index = FolderIndex.Read(IndexPath);
            if (index?.Damage is { } damage)
                Log.IndexDamaged(Logger, IndexPath, index.Length, damage);
            (_indexStamp, _indexRecords, _isMarkedOpen) = index is { Damage: null } ? (stamp, index.Records, index.IsOpen) : default;
            return index;
        }
        catch (Exception failure) when (DiskProblem.Is(failure) || failure is InvalidDataException)
        {
            Log.IndexIgnored(Logger, IndexPath, failure.Message);
            return null;
        }
    }

    /// <summary>Whether the UID list is still the one that the index was written beside: then it need not be read.</summary>
    private bool KnowsUidList(FolderIndex index) =>
        index.State.UidList != FileStamp.None && index.State.UidList == FileStamp.Of(UidListPath)
        && index.UidValidity is > 0 and <= UidValidityFile.Greatest && index.State.UidNext is > 0 and <= UidValidityFile.Greatest;

    private void TakeWhole(FolderIndex index)
    {
        lock (Gate)
        {
            _uids = UidList.Resume(index.UidValidity, index.State, index.Absent, this);
            _uidNext = _uids.UidNext;
            _knowsAbsent = true;
            TakeState(index);
            _entries.AddRange(index.Entries);
            TakeEntries();

            // Nothing has changed since all that these times tell of was in the index: there is nothing to look for.
            if (index.State.Times != default && _keywords.Stamp == index.State.Keywords && _further.Stamp == index.State.Further)
                (_isSettled, _seenTimes, _lookedTimes, _savedTimes) = (true, index.State.Times, index.State.Times, index.State.Times);
        }
    }

    private void TakeList(UidList list, FolderIndex? index)
    {
        lock (Gate)
        {
            (_uids, _uidNext, _knowsAbsent) = (list, list.UidNext, false);
            _entries.Clear();
            _byBase = null;
            if (index is not null && index.UidValidity == list.UidValidity)
            {
                TakeState(index);
                foreach (var entry in index.Entries)
                    if (list.TryFind(entry.BaseName, out var listed) && listed.Uid == entry.Uid)
                        _entries.Add(entry);
                    else
                        NoteLost(entry.Uid, entry.BaseName);
                foreach (var record in index.Absent)
                    if (!list.TryFind(record.BaseName, out _))
                        NoteLost(record.Uid, record.BaseName);
            }
            else
            {
                _indexStamp = FileStamp.None;
                _leastModSeq = _vanishedFrom = NextModSeq();
            }

            list.HandOver(this, _entries);
            TakeEntries();
        }
    }

    /// <summary>
    /// MODSEQs are believed when the index was closed by a server that ended well, in this run of the machine, and means the same flags.
    /// Otherwise clients may know changes that it does not: all messages count as changed just now, and which ones were expunged is not known.
    /// </summary>
    private void TakeState(FolderIndex index)
    {
        var state = index.State;
        (_highestModSeq, _knownStructures) = (state.HighestModSeq, state.Structures);
        _vanished.Clear();
        if (!index.IsOpen && index.Damage is null && state.Boot == BootId.Current && BootId.Current.Length > 0
            && state.Keywords == _keywords.Stamp && state.Further == _further.Stamp)
        {
            (_leastModSeq, _vanishedFrom) = (state.LeastModSeq, state.VanishedFrom);
            _vanished.AddRange(index.Vanished.Where(gone => gone.ModSeq > _vanishedFrom));
            _vanishedSaved = _vanished.Count;
            return;
        }

        _leastModSeq = _vanishedFrom = NextModSeq();
        _vanishedSaved = 0;
        _isStateStale = true;
    }

    private void TakeEntries()
    {
        foreach (var entry in _entries)
        {
            entry.ModSeq = Math.Max(entry.ModSeq, _leastModSeq);
            SetLetters(entry);
        }

        _recent = _entries.Count(entry => entry.IsRecent);
    }

    /// <summary>Says that a message is not in the index as it is now. The caller holds the gate.</summary>
    private void Unsaved(FolderEntry entry)
    {
        if (!entry.IsUnsaved)
        {
            entry.IsUnsaved = true;
            _unsaved.Add(entry);
        }

        Flush.Ask();
    }

    /// <summary>Has the file say that clients know more than it, before they do. The caller holds the gate.</summary>
    private void MarkOpen()
    {
        if (_isMarkedOpen || _indexStamp == FileStamp.None)
            return;
        try
        {
            using (var file = DiskFile.OpenToWrite(IndexPath))
                DiskFile.Write(file, [1], FolderIndex.OpenAt);
            (_isMarkedOpen, _indexStamp) = (true, FileStamp.Of(IndexPath));
        }
        catch (Exception failure) when (DiskProblem.Is(failure))
        {
            // Without the mark it would be believed after a kill.
            DurableFile.TryUnlink(IndexPath);
            _indexStamp = FileStamp.None;
        }
    }

    /// <summary>Appends what has changed, or writes all when most of the file is outdated. The caller holds <see cref="Io"/>.</summary>
    private void WriteIndex(bool closes)
    {
        FlushStructures();
        if (closes)
            DropDeadStructures();
        var frames = new MemoryStream();
        bool isWhole;
        lock (Gate)
        {
            var times = SettledTimes();
            var isNothingNew = _unsaved.Count == 0 && _vanishedSaved == _vanished.Count && !_isStateStale
                && (!closes || times == default || times == _savedTimes) && (!closes || !_isMarkedOpen);
            if (isNothingNew && _indexStamp != FileStamp.None)
                return;
            var live = _entries.Count + _uids!.Absent.Count + _vanished.Count;
            isWhole = _indexStamp == FileStamp.None || _indexStamp != FileStamp.Of(IndexPath)
                || _indexRecords + _unsaved.Count > (2 * live) + MinDeadRecords;
            if (isWhole)
                frames.Write(FolderIndex.Head(UidValidity, isOpen: !closes));
            var records = Format(frames, isWhole, times);
            _indexRecords = isWhole ? records : _indexRecords + records;
            foreach (var entry in _unsaved)
                entry.IsUnsaved = false;
            _unsaved.Clear();
            (_vanishedSaved, _isStateStale, _savedTimes) = (_vanished.Count, false, times);
        }

        try
        {
            var octets = frames.GetBuffer().AsSpan(0, (int)frames.Length);
            if (isWhole)
                Replace(octets);
            else
                Append(octets, closes);
            (_isMarkedOpen, _indexStamp) = (!closes && (isWhole || _isMarkedOpen), FileStamp.Of(IndexPath));
        }
        catch
        {
            _indexStamp = FileStamp.None;
            throw;
        }
    }

    private int Format(MemoryStream frames, bool isWhole, FolderTimes times)
    {
        var vanished = CollectionsMarshal.AsSpan(_vanished)[(isWhole ? 0 : _vanishedSaved)..];
        var messages = (isWhole ? _entries : _unsaved).FindAll(entry => entry.Note is null && !entry.IsExpunged);
        var absent = isWhole
            ? [.. _uids!.Absent.Select(record => new FolderEntry(record.Uid, record.BaseName) { UidExtras = record.Extras })]
            : _unsaved.FindAll(entry => entry.IsExpunged);
        _knowsAbsent |= isWhole;

        IndexFrame.WriteVanished(frames, vanished);
        IndexFrame.WriteMessages(frames, absent, areAbsent: true); // one that came back is among the messages
        IndexFrame.WriteMessages(frames, messages, areAbsent: false);
        IndexFrame.WriteFrame(frames, IndexFrameKind.State, 0, new IndexState
        {
            HighestModSeq = _highestModSeq,
            LeastModSeq = _leastModSeq,
            VanishedFrom = _vanishedFrom,
            Times = times,
            UidList = _knowsAbsent && _notes.Count + _unmarked.Count == 0 ? _uids!.Stamp : FileStamp.None,
            Keywords = _keywords.Stamp,
            Further = _further.Stamp,
            UidNext = _uids!.UidNext,
            Structures = _knownStructures,
            CanAppend = _uids.CanAppend,
            HeaderExtras = _uids.HeaderExtras,
            Boot = BootId.Current,
        }.Write());
        return vanished.Length + messages.Count + absent.Count;
    }

    private void Append(ReadOnlySpan<byte> octets, bool closes)
    {
        using var file = DiskFile.OpenToWrite(IndexPath);
        DiskFile.Write(file, octets, RandomAccess.GetLength(file));
        if (closes && _isMarkedOpen)
            DiskFile.Write(file, [0], FolderIndex.OpenAt);
    }

    /// <summary>Not durable: the check sums tell what a power cut left.</summary>
    private void Replace(ReadOnlySpan<byte> octets)
    {
        var draft = Path.Combine(Place.Tmp, _store.Names.Next());
        try
        {
            using (var file = DiskFile.Create(draft))
                DiskFile.Write(file, octets, 0);
            DurableFile.Rename(draft, IndexPath);
        }
        catch
        {
            DurableFile.TryUnlink(draft);
            throw;
        }
    }

    /// <summary>
    /// The directories' times, if all that they tell of has been seen by a look and is in the index now: others may have changed something
    /// while we did, and the watcher may not have told of it yet.
    /// </summary>
    private FolderTimes SettledTimes()
    {
        if (!_isSettled || _isBehind || _notes.Count + _unmarked.Count + _suspects.Count > 0 || Rescan.IsAsked)
            return default;
        var times = FolderTimes.Of(Place);
        return times == _lookedTimes && times.IsSettledAt(TimeProvider.System.GetUtcNow().UtcTicks) ? times : default;
    }
}
