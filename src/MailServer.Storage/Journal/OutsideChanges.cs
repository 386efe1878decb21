using System.Text;

namespace MailServer.Storage;

/// <summary>
/// Tells what other programs did from what this server did, by what a look at a folder finds. A name that goes in one folder and comes in
/// another is told as a move, at the second of both. A program that gives moved messages new names is not seen through.
/// </summary>
internal sealed class OutsideChanges(Journal journal, string root)
{
    /// <summary>Messages one look tells of one by one; more at once are an adoption or a clearing-out, and one line.</summary>
    public const int MaxTold = 100;

    /// <summary>Names remembered of each kind: what is delivered before a folder is looked at, or moved by one command.</summary>
    private const int MaxRemembered = 10_000;

    private readonly Lock _gate = new();
    private readonly Recent<(string Folder, string Base), bool> _own = new(MaxRemembered);
    private readonly Recent<string, JournalPlace> _gone = new(MaxRemembered);
    private readonly Recent<string, JournalPlace> _added = new(MaxRemembered);
    private bool _isSeeded;

    /// <summary>This server has put a file there; the look that finds it has nothing to tell.</summary>
    public void Expect(FolderName folder, string baseName)
    {
        lock (_gate)
            _own.Add((folder.Value, baseName), true);
    }

    /// <summary>A look has found messages without UIDs, which have some now.</summary>
    /// <returns>Those that other programs have brought.</returns>
    public List<UidRecord> Found(FolderName folder, List<UidRecord> records)
    {
        List<UidRecord> outside;
        List<JournalEntry> entries = [];
        lock (_gate)
        {
            Seed();
            outside = records.FindAll(record => !_own.Remove((folder.Value, record.BaseName), out _));
            if (outside.Count > MaxTold)
                entries.Add(new() { Event = JournalEvents.Added, By = "outside", Folder = folder.Value, Count = outside.Count });
            else
                foreach (var record in outside)
                {
                    JournalPlace here = new() { Folder = folder.Value, Message = record.BaseName, Uid = record.Uid };
                    var isMove = _gone.Remove(record.BaseName, out var from) && from!.Folder != here.Folder;
                    if (!isMove)
                        _added.Add(record.BaseName, here);
                    entries.Add(Entry(isMove ? JournalEvents.Moved : JournalEvents.Added, here, isMove ? from : null));
                }
        }

        journal.Add(entries);
        return outside;
    }

    /// <summary>Looks have not found messages that were there.</summary>
    public void Missed(FolderName folder, List<FolderEntry> missing)
    {
        List<JournalEntry> entries = [];
        lock (_gate)
            if (missing.Count > MaxTold)
                entries.Add(new() { Event = JournalEvents.Gone, By = "outside", Folder = folder.Value, Count = missing.Count });
            else
                foreach (var entry in missing)
                {
                    JournalPlace here = new() { Folder = folder.Value, Message = entry.BaseName, Uid = entry.Uid };
                    if (_added.Remove(entry.BaseName, out var to) && to!.Folder != here.Folder)
                        entries.Add(Entry(JournalEvents.Moved, to, here));
                    else
                    {
                        _gone.Add(entry.BaseName, here);
                        entries.Add(Entry(JournalEvents.Gone, here, null));
                    }
                }

        journal.Add(entries);
    }

    /// <summary>Other programs have renamed files, and so changed flags.</summary>
    public void Flagged(FolderName folder, List<FolderEntry> changed)
    {
        if (changed.Count > MaxTold)
            journal.Add(new JournalEntry { Event = JournalEvents.Flags, By = "outside", Folder = folder.Value, Count = changed.Count });
        else
            journal.Add(changed.ConvertAll(entry => JournalText.Flags(folder, entry, null) with { By = "outside" }));
    }

    private static JournalEntry Entry(string what, JournalPlace at, JournalPlace? from) =>
        new() { Event = what, By = "outside", Folder = at.Folder, Message = at.Message, Uid = at.Uid, From = from };

    /// <summary>A server that died has delivered what the next one finds: the journal's end says so.</summary>
    private void Seed()
    {
        if (_isSeeded)
            return;
        _isSeeded = true;
        try
        {
            var reader = new JournalReader(root);
            foreach (var entry in reader.Backward().Take(1000))
                if (entry is { Event: JournalEvents.Delivered, Folder: { } folder, Message: { } message })
                    _own.Add((folder, message), true);
        }
        catch (Exception failure) when (DiskProblem.Is(failure))
        {
            // Then some deliveries are told of twice.
        }
    }

    /// <summary>A table that forgets the oldest.</summary>
    private sealed class Recent<TKey, TValue>(int max)
        where TKey : notnull
    {
        private readonly Dictionary<TKey, TValue> _values = [];
        private readonly Queue<TKey> _order = new();

        public void Add(TKey key, TValue value)
        {
            if (_values.TryAdd(key, value))
                _order.Enqueue(key);
            else
                _values[key] = value;
            if (_order.Count > max)
                _values.Remove(_order.Dequeue());
        }

        public bool Remove(TKey key, out TValue? value) => _values.Remove(key, out value);
    }
}

/// <summary>Entries of one message's changes.</summary>
internal static class JournalText
{
    public static JournalEntry At(string what, FolderName folder, FolderEntry entry, Author? author) =>
        new JournalEntry { Event = what, Folder = folder.Value, Message = entry.BaseName, Uid = entry.Uid }.WrittenBy(author);

    public static JournalEntry Flags(FolderName folder, FolderEntry entry, Author? author) =>
        At(JournalEvents.Flags, folder, entry, author) with { Flags = Words(entry.System, entry.Keywords) };

    /// <summary>Flags and keywords as IMAP writes them.</summary>
    public static string Words(SystemFlags system, IReadOnlyList<string> keywords)
    {
        var words = new StringBuilder();
        foreach (var letter in FlagLetters.Of(system))
            words.Append(letter);
        foreach (var keyword in keywords)
            words.Append(' ').Append(keyword);
        return words.ToString().TrimStart();
    }
}
