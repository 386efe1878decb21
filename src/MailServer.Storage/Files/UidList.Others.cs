namespace MailServer.Storage;

/// <summary>
/// Lines of messages that a folder has in memory are not kept twice: the list then holds those without a file, and asks the folder for the
/// others.
/// </summary>
internal sealed partial class UidList
{
    private IUidLines? _others;

    /// <summary>All lines.</summary>
    public IReadOnlyDictionary<string, UidRecord> Records => _others is null ? _byBase : All(_others);

    /// <summary>Lines of messages whose file is gone, once the folder has the others.</summary>
    public IReadOnlyCollection<UidRecord> Absent => _byBase.Values;

    /// <summary>A list as the index knows it, without a look at the file.</summary>
    public static UidList Resume(uint uidValidity, IndexState state, IReadOnlyCollection<UidRecord> absent, IUidLines others)
    {
        var list = new UidList
        {
            UidValidity = uidValidity,
            UidNext = state.UidNext,
            HeaderExtras = state.HeaderExtras,
            CanAppend = state.CanAppend,
            Stamp = state.UidList,
            _others = others,
        };
        foreach (var record in absent)
            list._byBase[record.BaseName] = record;
        return list;
    }

    public bool TryFind(string baseName, out UidRecord record) =>
        _byBase.TryGetValue(baseName, out record) || (_others is not null && _others.TryFind(baseName, out record));

    /// <summary>Gives the lines of a folder's messages over to it.</summary>
    public void HandOver(IUidLines others, IReadOnlyList<FolderEntry> entries)
    {
        foreach (var entry in entries)
            if (_byBase.Remove(entry.BaseName, out var record))
                entry.UidExtras = record.Extras;
        _byBase.TrimExcess();
        _others = others;
    }

    /// <summary>Says that the folder has the message now.</summary>
    public void HandOver(string baseName) => _byBase.Remove(baseName);

    /// <summary>Takes the line of a message whose file is gone.</summary>
    public void TakeOver(UidRecord record) => _byBase[record.BaseName] = record;

    /// <summary>Adds a key without a value to a message's line. The next writing must be of the whole.</summary>
    public void Mark(UidRecord record, char key)
    {
        var marked = record with { Extras = record.Extras.Length == 0 ? key.ToString() : $"{record.Extras} {key}" };
        if (_byBase.ContainsKey(record.BaseName) || _others is null)
            _byBase[record.BaseName] = marked;
        else
            _others.Change(marked);
    }

    private Dictionary<string, UidRecord> All(IUidLines others)
    {
        var all = new Dictionary<string, UidRecord>(_byBase, StringComparer.Ordinal);
        foreach (var record in others.All())
            all[record.BaseName] = record;
        return all;
    }
}

/// <summary>Who knows the lines of messages that are there.</summary>
internal interface IUidLines
{
    bool TryFind(string baseName, out UidRecord record);

    IEnumerable<UidRecord> All();

    void Change(UidRecord record);
}
