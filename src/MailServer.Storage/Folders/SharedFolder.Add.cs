namespace MailServer.Storage;

/// <summary>Takes up files that memory does not know.</summary>
internal sealed partial class SharedFolder
{
    /// <summary>The caller holds <see cref="Io"/>.</summary>
    private async ValueTask AddUnknownAsync(FolderListing listing, CancellationToken cancellationToken)
    {
        if (listing.Unknown.Count == 0)
            return;
        List<NewFile> files = [];
        foreach (var (baseName, file) in listing.Unknown)
            files.Add(NoteStillFor(listing, baseName, file) ?? new(baseName, file.Name, file.InNew));

        if (files.Exists(file => !TryFindDurable(file.BaseName, out var record) || record.IsNote != (file.Note is not null)))
            await TryAssignUidsAsync(files, cancellationToken).ConfigureAwait(false);
        if (!IsRetired)
            Insert(files);
    }

    /// <summary>On a full disk no UIDs can be given; the messages that have some can still be read, and removed.</summary>
    private async ValueTask TryAssignUidsAsync(List<NewFile> files, CancellationToken cancellationToken)
    {
        try
        {
            await AssignUidsAsync(files, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception failure) when (DiskProblem.Is(failure))
        {
            _store.Failed("giving UIDs to new messages", failure);
            _isBehind = true; // the next command tries again
        }
    }

    /// <summary>Gives UIDs under the lock that Dovecot takes, after a look at what it has given meanwhile.</summary>
    private async ValueTask AssignUidsAsync(List<NewFile> files, CancellationToken cancellationToken)
    {
        using var held = await DotLock.TakeAsync(UidListPath, _store.Time, Logger, cancellationToken).ConfigureAwait(false);
        if (!Reload())
            return;
        if (_uids!.IsExhausted)
        {
            Retire();
            return;
        }

        // In order of arrival, as far as names tell.
        SortByArrival(files);
        var isMarked = MarkNotes(files);
        List<UidRecord> records = [];
        foreach (var file in files)
            if (!_uids!.TryFind(file.BaseName, out _))
                records.Add(_uids.Add(file.BaseName, ExtrasOf(file)));
        if (records.Count == 0 && (isMarked || files.Exists(file => !TryFindDurable(file.BaseName, out _))))
            await ReplaceAsync(_uids!, _uids!.Records.Values).ConfigureAwait(false);
        else
            await AppendAsync(records).ConfigureAwait(false);
        if (records.Count > 0)
            FoundOutside(records);
    }

    /// <summary>The line of a message, if clients may hear of its UID.</summary>
    private bool TryFindDurable(string baseName, out UidRecord record) => _uids!.TryFind(baseName, out record) && record.Uid < _doubtfulFrom;

    /// <summary>Each name is read once: a folder of another server may bring some hundred thousand.</summary>
    private static void SortByArrival(List<NewFile> files)
    {
        var keyed = files.ConvertAll(static file => (Key: MessageName.ArrivalOf(file.BaseName), File: file));
        keyed.Sort(static (left, right) => left.Key.CompareTo(right.Key) is not 0 and var order ? order : string.CompareOrdinal(left.File.BaseName, right.File.BaseName));
        for (var i = 0; i < keyed.Count; i++)
            files[i] = keyed[i].File;
    }

    private void Insert(List<NewFile> files)
    {
        if (!files.Exists(file => TryFindDurable(file.BaseName, out _)))
            return;
        lock (Gate)
        {
            var modSeq = NextModSeq();
            var isOrdered = true;
            foreach (var file in files)
            {
                if (!TryFindDurable(file.BaseName, out var record))
                    continue;
                var entry = Revive(file, record) ?? NewEntry(file, record);
                entry.ModSeq = modSeq;
                entry.Pass = _pass;
                isOrdered &= _entries.Count == 0 || _entries[^1].Uid < entry.Uid;
                _byBase?.Set(entry);
                _uids!.HandOver(record.BaseName);
                Unsaved(entry);
                _entries.Add(entry);
                if (entry.Note is not null)
                    _notes.Add(entry);
            }

            if (!isOrdered)
                _entries.Sort(static (left, right) => left.Uid.CompareTo(right.Uid));
            _recent = _entries.Count(entry => entry.IsRecent);
            _uidNext = Math.Max(_uidNext, _uids!.UidNext);
            Publish();
        }
    }

    private FolderEntry NewEntry(NewFile file, UidRecord record)
    {
        var entry = new FolderEntry(record.Uid, record.BaseName)
        {
            FileName = file.FileName,
            InNew = file.InNew,
            UidExtras = record.Extras,
            IsRecent = file.InNew || file.IsRecent,
            Note = file.Note,
        };
        if (file.Arrival is { } arrival)
            entry.Measured(arrival.FileSize, arrival.CrlfSize, arrival.DateTicks, arrival.HasOpenEnd);
        else if (file.Note is { } note)
            entry.Measured(note.Octets.Length, note.Octets.Length, note.DateTicks);
        SetLetters(entry);
        return entry;
    }

    /// <summary>A message that was gone and is back keeps its UID; to a session that had not heard of it, it was never away.</summary>
    private FolderEntry? Revive(NewFile file, UidRecord record)
    {
        if (!_remembered.Remove(file.BaseName, out var entry) || entry.Uid != record.Uid || !IsSameFile(entry, file))
            return null;
        (entry.IsExpunged, entry.FileName, entry.InNew) = (false, file.FileName, file.InNew);
        SetLetters(entry);
        return entry;
    }

    /// <summary>Whether a file that came back is the one that sessions know: another one under its name is another message.</summary>
    private bool IsSameFile(FolderEntry entry, NewFile file)
    {
        if (!entry.IsMeasured)
            return true;
        var info = new FileInfo(new FoundFile(file.FileName, file.InNew).PathIn(Place));
        return info.Exists && info.Length == entry.FileSize && info.LastWriteTimeUtc.Ticks == entry.DateTicks;
    }

    /// <summary>A file that is to be an entry; what came through us is measured already.</summary>
    private readonly record struct NewFile(string BaseName, string FileName, bool InNew, Arrival? Arrival = null)
    {
        public bool IsRecent => Arrival is not null;

        public UnreadableNote? Note { get; init; }

        /// <summary>Whether the note is for a message that clients may have read.</summary>
        public bool IsSpoilt { get; init; }
    }
}
