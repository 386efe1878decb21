using System.Globalization;

namespace MailServer.Storage;

/// <summary>
/// One session's view. Its slots are the session's own sequence; what they hold of a message is only how it was last announced.
/// </summary>
internal sealed partial class FolderView : IFolderView
{
    private readonly StoreContext _store;
    private readonly FolderTable _table;
    private readonly FolderPaths _paths;
    private readonly SharedFolder _folder;
    private readonly IMailConnection? _session;
    private readonly Author _author;
    private readonly List<Slot> _slots = [];
    private readonly HashSet<uint> _recent = [];
    private long _seenVersion;
    private uint _lastUid;
    private bool _hasPendingExpunges;
    private volatile bool _isArmed;
    private bool _isDisposed;

    private FolderView(StoreContext store, FolderTable table, FolderPaths paths, SharedFolder folder, FolderAccess access, IMailConnection? session, Author author)
    {
        (_store, _table, _paths, _folder, Access, _session, _author) = (store, table, paths, folder, access, session, author);
        UidValidity = folder.UidValidity;
    }

    public FolderName Folder => _folder.Place.Name;

    public FolderAccess Access { get; }

    public uint UidValidity { get; }

    public uint UidNext { get; private set; }

    public ulong HighestModSeq { get; private set; }

    public int Count => _slots.Count;

    public int RecentCount => _recent.Count;

    public IReadOnlyList<string> Keywords
    {
        get
        {
            lock (_folder.Gate)
                return _folder.KeywordNames;
        }
    }

    public bool HasChanges => _hasPendingExpunges || _folder.Version != _seenVersion;

    public bool IsArmed
    {
        get => _isArmed;
        set
        {
            // The caller looks for changes next, the folder changes first and looks at this then: neither may overtake.
            _isArmed = value;
            Interlocked.MemoryBarrier();
        }
    }

    /// <summary>Opens a view; the folder's hold passes to it, whatever comes of it.</summary>
    public static async ValueTask<Outcome<IFolderView>> OpenAsync(
        StoreContext store, FolderTable table, FolderPaths paths, SharedFolder folder, FolderAccess access, IMailConnection? session,
        Author author, CancellationToken cancellationToken)
    {
        var view = new FolderView(store, table, paths, folder, access, session, author);
        folder.Attach(view);
        table.CountView(1);
        Problem? problem;
        try
        {
            problem = view.Claim() ?? (await view.RefreshAsync(mayExpunge: true, cancellationToken).ConfigureAwait(false)).Problem;
        }
        catch
        {
            await view.DisposeAsync().ConfigureAwait(false);
            throw;
        }

        if (problem is null)
            return new(view);
        await view.DisposeAsync().ConfigureAwait(false);
        return problem;
    }

    /// <summary>Called by the folder, which holds its gate: the session must not run on this thread, as the end of a read may.</summary>
    public void Wake()
    {
        if (_isArmed && _session is not null)
            ThreadPool.UnsafeQueueUserWorkItem(static session => session.Wake(), _session, preferLocal: false);
    }

    public uint UidAt(int sequence) => _slots[sequence - 1].Entry.Uid;

    public int SequenceOf(uint uid)
    {
        var sequence = FirstSequenceFrom(uid);
        return sequence <= Count && UidAt(sequence) == uid ? sequence : 0;
    }

    public int FirstSequenceFrom(uint uid)
    {
        var (low, high) = (0, _slots.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (_slots[middle].Entry.Uid < uid)
                low = middle + 1;
            else
                high = middle;
        }

        return low + 1;
    }

    public MessageInfo InfoAt(int sequence)
    {
        var entry = _slots[sequence - 1].Entry;
        _folder.Measure(entry);
        if (Access == FolderAccess.Maildrop)
            _folder.SeeEnd(entry);
        lock (_folder.Gate)
            return entry.Info();
    }

    public MessageFlags FlagsAt(int sequence)
    {
        var entry = _slots[sequence - 1].Entry;
        lock (_folder.Gate)
            return entry.Flags;
    }

    public ulong ModSeqAt(int sequence)
    {
        var entry = _slots[sequence - 1].Entry;
        lock (_folder.Gate)
            return entry.ModSeq;
    }

    public string MailboxId => _folder.MailboxId;

    public string EmailIdAt(int sequence) => EmailIdOf(_slots[sequence - 1].Entry);

    private static string EmailIdOf(FolderEntry entry) => ObjectIds.OfEmail(entry.BaseName, entry.UidExtras);

    public DateTimeOffset? SaveDateAt(int sequence) => _slots[sequence - 1].Entry.SaveDate;

    public IReadOnlyList<UidRange> VanishedSince(ulong modSeq)
    {
        HashSet<uint> held = [.. _slots.Where(slot => slot.Entry.IsExpunged).Select(slot => slot.Entry.Uid)];
        lock (_folder.Gate)
            return _folder.VanishedSince(modSeq, held);
    }

    public async ValueTask MeasureAsync(int first, int last, CancellationToken cancellationToken)
    {
        try
        {
            await _folder.MeasureAsync(_slots.GetRange(first - 1, last - first + 1).ConvertAll(slot => slot.Entry), cancellationToken).ConfigureAwait(false);
        }
        catch (Exception failure) when (DiskProblem.Is(failure))
        {
            _store.Failed("measuring messages", failure); // each is tried again when it is asked for
        }
    }

    public bool IsRecent(int sequence) => _recent.Contains(UidAt(sequence));

    public string UniqueIdAt(int sequence)
    {
        var entry = _slots[sequence - 1].Entry;

        // P is the unique-id that Dovecot kept from an older server. Without it, its own default form, so that clients fetch nothing twice.
        return new UidRecord(entry.Uid, entry.BaseName, entry.UidExtras).Extra('P') is { Length: > 0 and <= 70 } kept
            ? kept
            : string.Create(CultureInfo.InvariantCulture, $"{entry.Uid:x8}{UidValidity:x8}");
    }

    public async ValueTask<Outcome<ViewChanges>> RefreshAsync(bool mayExpunge, CancellationToken cancellationToken)
    {
        try
        {
            // What memory knows is told without another look: in a folder that keeps changing, each session's look would find something
            // for all the others to be woken by, and all would wait for each other's. But a message that is back was never away.
            if (_folder.Version == _seenVersion || (mayExpunge && _folder.ExpungedVersion > _seenVersion && IsOneBack()))
                await _folder.SynchronizeAsync(force: false, cancellationToken).ConfigureAwait(false);
            else
                _folder.LookSoon();
        }
        catch (Exception failure) when (DiskProblem.Is(failure))
        {
            return _store.Failed("looking at a folder", failure);
        }

        try
        {
            if (Access == FolderAccess.ReadWrite)
                await _folder.TakeNewAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception failure) when (DiskProblem.Is(failure))
        {
            // They stay in new, and recent, until they can be moved; reading needs no write.
            _store.Failed("moving new messages to cur", failure);
        }

        lock (_folder.Gate)
            return _folder.IsRetired ? Problem.NoSuchFolder : TakeUp(mayExpunge);
    }

    public async ValueTask DisposeAsync()
    {
        if (_isDisposed)
            return;
        _isDisposed = true;
        _isArmed = false;
        _folder.Detach(this);
        _table.CountView(-1);
        await _table.ReleaseAsync(_folder).ConfigureAwait(false);
    }

    private Problem? Claim()
    {
        if (Access != FolderAccess.Maildrop)
            return null;
        lock (_folder.Gate)
        {
            if (_folder.Maildrop is not null)
                return FolderProblem.InUse;
            _folder.Maildrop = this;
            return null;
        }
    }

    /// <summary>Whether a message that this session would be told the EXPUNGE of is there again.</summary>
    private bool IsOneBack() => _slots.Exists(slot => slot.Entry.IsExpunged && File.Exists(slot.Entry.PathIn(_folder.Place)));

    private ViewChanges TakeUp(bool mayExpunge)
    {
        if (!HasChanges)
            return ViewChanges.None;
        var expunged = mayExpunge ? DropExpunged() : Expunged.None;
        _hasPendingExpunges = !mayExpunge && _slots.Exists(slot => slot.Entry.IsExpunged);
        List<int> changed = [];
        for (var i = 0; i < _slots.Count; i++)
            if (_slots[i].Entry is var entry && entry.ModSeq != _slots[i].ModSeq)
            {
                _slots[i] = new(entry, entry.ModSeq);
                if (!entry.IsExpunged)
                    changed.Add(i + 1);
            }

        var before = _slots.Count;
        foreach (var entry in _folder.Entries[_folder.IndexFrom(_lastUid == uint.MaxValue ? _lastUid : _lastUid + 1)..])
        {
            _slots.Add(new(entry, entry.ModSeq));
            _lastUid = entry.Uid;
        }

        if (Access == FolderAccess.ReadWrite)
            _folder.ClaimRecent(_recent);
        else
            foreach (var slot in _slots.Skip(before))
                if (slot.Entry.IsRecent)
                    _recent.Add(slot.Entry.Uid);
        (UidNext, HighestModSeq, _seenVersion) = (_folder.UidNext, _folder.HighestModSeq, _folder.Version);
        return new() { Expunged = expunged, HasNew = _slots.Count > before, FlagsChanged = changed };
    }

    /// <summary>Takes expunged messages out; each number is counted after those before it (RFC 9051 §7.5.1).</summary>
    private Expunged DropExpunged(HashSet<FolderEntry>? only = null)
    {
        List<int> sequences = [];
        List<uint> uids = [];
        var kept = 0;
        for (var i = 0; i < _slots.Count; i++)
        {
            var entry = _slots[i].Entry;
            if (!entry.IsExpunged || only?.Contains(entry) == false)
            {
                _slots[kept++] = _slots[i];
                continue;
            }

            sequences.Add(kept + 1);
            uids.Add(entry.Uid);
            _recent.Remove(entry.Uid);
        }

        if (uids.Count == 0)
            return Expunged.None;
        _slots.RemoveRange(kept, _slots.Count - kept);
        return new() { Sequences = sequences, Uids = uids };
    }

    /// <summary>A message as this session knows it.</summary>
    /// <param name="Entry">The message.</param>
    /// <param name="ModSeq">The state last announced.</param>
    private readonly record struct Slot(FolderEntry Entry, ulong ModSeq);
}
