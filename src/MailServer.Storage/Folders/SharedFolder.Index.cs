namespace MailServer.Storage;

/// <summary>Goes to and from the index.</summary>
internal sealed partial class SharedFolder
{
    private string IndexPath => Place.File(FolderIndex.FileName);

    private FolderIndex? TryReadIndex()
    {
        try
        {
            return FolderIndex.Read(IndexPath);
        }
        catch (Exception failure) when (DiskProblem.Is(failure) || failure is InvalidDataException or EndOfStreamException or FormatException or OverflowException)
        {
            Log.IndexIgnored(Logger, IndexPath, failure.Message);
            return null;
        }
    }

    private void LoadIndex()
    {
        var index = TryReadIndex();
        if (index is null || index.UidValidity != UidValidity)
            return;
        var keepsModSeq = index.Keywords == _keywords.Stamp;
        if (keepsModSeq)
            _highestModSeq = index.HighestModSeq;
        foreach (var record in index.Records)
        {
            var baseName = MessageName.BaseOf(record.FileName).ToString();
            if (!_uids!.TryFind(baseName, out var listed) || listed.Uid != record.Uid)
            {
                NoteLost(record.Uid, baseName);
                continue;
            }

            var entry = new FolderEntry
            {
                Uid = record.Uid,
                BaseName = listed.BaseName,
                FileName = record.FileName.Length == listed.BaseName.Length ? listed.BaseName : record.FileName,
                InNew = (record.Place & 1) != 0,
                IsRecent = (record.Place & 2) != 0,
                UidExtras = listed.Extras,
                ModSeq = keepsModSeq ? record.ModSeq : _highestModSeq,
            };
            if (record.FileSize >= 0)
                entry.Measured(record.FileSize, record.CrlfSize, record.DateTicks);
            SetLetters(entry, entry.FileName);
            if (_byBase.TryAdd(entry.BaseName, entry))
                _entries.Add(entry);
        }

        _entries.Sort(static (left, right) => left.Uid.CompareTo(right.Uid));
        _recent = _entries.Count(entry => entry.IsRecent);
    }

    private void SaveIndex()
    {
        FolderIndex index;
        lock (Gate)
        {
            index = new()
            {
                UidValidity = UidValidity,
                HighestModSeq = _highestModSeq,
                Keywords = _keywords.Stamp,
                Records = _entries.FindAll(entry => entry.Note is null).ConvertAll(entry => new FolderIndex.Record(entry.Uid, entry.FileSize, entry.CrlfSize, entry.DateTicks,
                    entry.ModSeq, (byte)((entry.InNew ? 1 : 0) | (entry.IsRecent ? 2 : 0)), entry.FileName)),
            };
            _isIndexStale = false;
        }

        index.Write(IndexPath, Path.Combine(Place.Tmp, _store.Names.Next()));
    }
}
