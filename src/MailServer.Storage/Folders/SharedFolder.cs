using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;

namespace MailServer.Storage;

/// <summary>
/// What is known of one folder, shared by all its sessions. <see cref="Io"/> orders all that reads or changes the disk; what it finds is
/// put into memory under <see cref="Gate"/>, which is never held while waiting. Entries are in order of UID.
/// </summary>
internal sealed partial class SharedFolder
{
    /// <summary>Expunged messages remembered so that one that comes back before a session heard of it was never away.</summary>
    private const int MaxRemembered = 10_000;

    private readonly StoreContext _store;
    private readonly Dictionary<string, FolderEntry> _remembered = new(StringComparer.Ordinal);
    private readonly List<FolderEntry> _entries = [];
    private readonly List<FolderView> _views = [];
    private UidList? _uids;
    private KeywordFile _keywords = KeywordFile.Empty;
    private FurtherKeywords _further = new();
    private LetterCache _letters = new(KeywordFile.Empty);
    private ulong _highestModSeq;
    private uint _uidNext = 1;
    private long _version = 1;
    private long _expungedVersion;
    private int _recent;
    private EntryTable? _byBase;

    public SharedFolder(StoreContext store, FolderPlace place)
    {
        (_store, Place) = (store, place);
        Rescan = new(this, store.Logger);
        Flush = new(this, store.Logger);
    }

    public FolderPlace Place { get; }

    public SemaphoreSlim Io { get; } = new(1, 1);

    public Lock Gate { get; } = new();

    /// <summary>Looks again in the background when told to.</summary>
    public FolderRescan Rescan { get; }

    /// <summary>Writes the index a while after something has changed.</summary>
    public FolderFlush Flush { get; }

    /// <summary>What was read of messages lately.</summary>
    public ReadCache Read { get; } = new();

    /// <summary>Sessions that hold it; the table's.</summary>
    public int Holders { get; set; }

    /// <summary>The table's: since when nobody holds it.</summary>
    public long IdleSince { get; set; }

    /// <summary>The table's: ends the watch of the directories.</summary>
    public List<IDisposable> Watches { get; } = [];

    /// <summary>Whether the folder was deleted, renamed, or numbered anew: sessions must open it again.</summary>
    public bool IsRetired { get; private set; }

    /// <summary>The POP3 session that has it to itself.</summary>
    public FolderView? Maildrop { get; set; }

    /// <summary>Grows with every change.</summary>
    public long Version => Volatile.Read(ref _version);

    /// <summary>The version at which a message was expunged last.</summary>
    public long ExpungedVersion => Volatile.Read(ref _expungedVersion);

    public uint UidValidity => _uids?.UidValidity ?? 0;

    /// <summary>MAILBOXID (RFC 8474 §4).</summary>
    public string MailboxId => _uids is { } list ? ObjectIds.OfMailbox(list.HeaderExtras, list.UidValidity) : "";

    public ILogger Logger => _store.Logger;

    /// <summary>How many messages it has.</summary>
    public int MessageCount
    {
        get
        {
            lock (Gate)
                return _entries.Count;
        }
    }

    // The members below are for callers that hold the gate.
    public ReadOnlySpan<FolderEntry> Entries => CollectionsMarshal.AsSpan(_entries);

    public uint UidNext => _uidNext;

    public ulong HighestModSeq => _highestModSeq;

    public int RecentCount => _recent;

    public IReadOnlyList<string> KeywordNames => [.. _keywords.Names.Concat(_further.Names).Distinct(StringComparer.OrdinalIgnoreCase)];

    /// <summary>The index of the first entry with that UID or a greater one.</summary>
    public int IndexFrom(uint uid)
    {
        var (low, high) = (0, _entries.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (_entries[middle].Uid < uid)
                low = middle + 1;
            else
                high = middle;
        }

        return low;
    }

    public void Attach(FolderView view)
    {
        lock (Gate)
            _views.Add(view);
    }

    public void Detach(FolderView view)
    {
        lock (Gate)
        {
            _views.Remove(view);
            if (_views.Count == 0)
                _remembered.Clear();
            if (Maildrop == view)
                Maildrop = null;
        }
    }

    /// <summary>Ends the folder for all who have it open.</summary>
    public void Retire()
    {
        lock (Gate)
        {
            IsRetired = true;
            Publish();
        }
    }

    /// <summary>Counts; the sizes add up only of what was measured before.</summary>
    public FolderStatus Status()
    {
        lock (Gate)
        {
            var (unseen, deleted, size) = (0, 0, 0L);
            foreach (var entry in _entries)
            {
                unseen += (entry.System & SystemFlags.Seen) == 0 ? 1 : 0;
                deleted += (entry.System & SystemFlags.Deleted) != 0 ? 1 : 0;
                size += entry.IsMeasured ? entry.CrlfSize : 0;
            }

            return new()
            {
                Messages = _entries.Count,
                Recent = _recent,
                Unseen = unseen,
                UidNext = UidNext,
                UidValidity = UidValidity,
                HighestModSeq = _highestModSeq,
                Size = size,
                Deleted = deleted,
                MailboxId = MailboxId,
            };
        }
    }

    /// <summary>Takes the mark of the new messages for one session.</summary>
    public void ClaimRecent(HashSet<uint> claimed)
    {
        if (_recent == 0)
            return;
        foreach (var entry in _entries)
            if (entry.IsRecent && !entry.InNew)
            {
                entry.IsRecent = false;
                Unsaved(entry);
                claimed.Add(entry.Uid);
            }

        _recent = _entries.Count(entry => entry.IsRecent);
    }

    /// <summary>Tells the sessions that wait.</summary>
    private void Publish()
    {
        Interlocked.Increment(ref _version);
        foreach (var view in _views)
            view.Wake();
    }

    /// <summary>
    /// The next MODSEQ: above all given before, and above what any other program, or we before the index was lost, may have given:
    /// a lower HIGHESTMODSEQ under the same UIDVALIDITY hides changes from clients (RFC 7162 §3.1.2.2).
    /// </summary>
    private ulong NextModSeq()
    {
        MarkOpen();
        var now = _store.Time.GetUtcNow();
        var micros = (ulong)(now.Ticks % TimeSpan.TicksPerSecond / TimeSpan.TicksPerMicrosecond);
        return _highestModSeq = Math.Max(_highestModSeq + 1, ((ulong)now.ToUnixTimeSeconds() << 20) + micros);
    }

    /// <summary>The messages by base name. Opening a folder whose index is up to date does not need them so.</summary>
    private EntryTable ByBase => _byBase ??= new(_entries);

    private void SetLetters(FolderEntry entry) => (entry.System, entry.Keywords) = FlagsOf(entry);

    private (SystemFlags System, IReadOnlyList<string> Keywords) FlagsOf(FolderEntry entry)
    {
        var (system, keywords) = _letters.Read(MessageName.LettersOf(entry.Ending));
        return _further.IsEmpty || _further.Of(entry.BaseName) is not { Length: > 0 } further ? (system, keywords) : (system, [.. keywords, .. further]);
    }
}
