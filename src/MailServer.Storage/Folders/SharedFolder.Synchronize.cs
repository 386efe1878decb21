namespace MailServer.Storage;

/// <summary>Brings memory to what the disk says.</summary>
internal sealed partial class SharedFolder
{
    /// <summary>Looks at one folder that keeps changing within one call: then it is for the next.</summary>
    private const int MaxLooks = 4;

    private readonly HashSet<string> _suspects = new(StringComparer.Ordinal);
    private FolderTimes _seenTimes;
    private FolderTimes _lookedTimes; // as _seenTimes, but never set by a change of our own
    private bool _isSettled;
    private bool _isBehind;
    private bool _wasOfOneMoment;
    private int _room;
    private int _looksBegun;
    private int _lastLook;
    private int _pass;

    /// <summary>Looks at the directories if they have changed, or if forced.</summary>
    /// <exception cref="IOException">The folder cannot be read.</exception>
    public async ValueTask SynchronizeAsync(bool force, CancellationToken cancellationToken)
    {
        if (!force && IsFresh())
            return;
        var begun = Volatile.Read(ref _looksBegun);
        await Io.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            // Those who wait at the same time share a look: one that began after they came.
            if (_lastLook > begun || (!force && IsFresh()))
                return;
            var look = Interlocked.Increment(ref _looksBegun);
            await LookAsync(cancellationToken).ConfigureAwait(false);
            _lastLook = look;
        }
        finally
        {
            Io.Release();
        }
    }

    /// <summary>How often the directories were read.</summary>
    public int Looks => Volatile.Read(ref _pass);

    /// <summary>What the last look at the directories took; see <see cref="FolderListing.Cost"/>.</summary>
    public TimeSpan LookCost { get; private set; }

    /// <summary>Has the directories looked at soon, in the background, if they have changed.</summary>
    public void LookSoon()
    {
        if (!IsFresh())
            Rescan.Ask();
    }

    /// <summary>Whether the UID list is the one that was read; a backup may have been restored over it.</summary>
    public bool HasCurrentList => _uids is { } list && list.Stamp == FileStamp.Of(UidListPath);

    /// <summary>Whether nothing has changed since the last look, as far as the directories' times tell.</summary>
    private bool IsFresh() => IsRetired || (_uids is not null && _isSettled && !_isBehind && _seenTimes == FolderTimes.Of(Place));

    /// <summary>Looks, as often as it takes to be sure. The caller holds <see cref="Io"/>.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    /// <param name="wanted">Enough is seen when this one is.</param>
    private async ValueTask LookAsync(CancellationToken cancellationToken, FolderEntry? wanted = null)
    {
        if (IsRetired)
            return;
        if (!Directory.Exists(Place.Path))
        {
            Retire();
            return;
        }

        await _store.Maker.EnsureAsync(Place).ConfigureAwait(false);
        if (_uids is null)
        {
            await LoadAsync(cancellationToken).ConfigureAwait(false);
            if (IsFresh())
                return; // the index knows of all that the directories' times tell of
        }
        else
        {
            ReadKeywords();
            if (!Reload())
                return;
        }

        await MarkUnmarkedAsync(cancellationToken).ConfigureAwait(false);
        if (IsRetired)
            return;
        _isBehind = false;
        for (var look = 1; ; look++)
        {
            var before = FolderTimes.Of(Place);
            var began = TimeProvider.System.GetUtcNow().UtcTicks; // the file system's clock, whatever ours is
            var listing = List();
            if (listing.HasOddNames && look == 1 && MendNames())
                listing = List();
            LookCost = listing.Cost;
            var after = FolderTimes.Of(Place);
            ResolveDoubled(listing);
            Move(listing);
            RetryNotes(listing);
            GiveUpSpoilt(listing);
            var missing = _entries.FindAll(entry => entry.Pass != _pass);
            var gone = Gone(listing, missing, look, before, after, began);
            var isSure = gone.Count == missing.Count;
            ExpungeMissing(gone); // first: clients need not wait for new messages' UIDs to be durable
            await AddUnknownAsync(listing, cancellationToken).ConfigureAwait(false);
            _store.Reached("looked");

            // Nothing changed while we looked, nor within the clock's tick before it.
            var isQuiet = before == FolderTimes.Of(Place) && before.IsSettledAt(began);

            // As fresh as after the last look, too, if only we have changed anything since.
            _isSettled = isSure && (isQuiet || (_isSettled && _seenTimes == before && before == FolderTimes.Of(Place)));
            _seenTimes = before;
            if (isSure && isQuiet)
                _lookedTimes = before;
            if (isSure)
                return;
            // While others keep changing the folder, more is missing each time: that is for the next look.
            if (look == MaxLooks || (look > 1 && listing.IsOfOneMoment) || wanted?.Pass == _pass)
            {
                Rescan.Ask();
                return;
            }

            await Task.Delay(look == 1 && isQuiet ? 0 : 25, cancellationToken).ConfigureAwait(false);
        }
    }

    private FolderListing List() => new(Place, ByBase, ++_pass, ref _room, () => _store.Reached("new read"));

    /// <summary>
    /// Which of those that a look has missed are gone, as far as this look can say. Where each directory is read in one moment, no rename
    /// within it hides a file, nor does one from <c>new</c>, which is read first, to <c>cur</c>. One from <c>cur</c> to <c>new</c> does, and
    /// <c>new</c>'s time tells of it; while that keeps changing, two looks in a row must miss a file. Where directories are read piece by
    /// piece it takes a second look in which nothing changed.
    /// </summary>
    private List<FolderEntry> Gone(FolderListing listing, List<FolderEntry> missing, int look, FolderTimes before, FolderTimes after, long began)
    {
        var wasOfOneMoment = _wasOfOneMoment;
        _wasOfOneMoment = listing.IsOfOneMoment;
        if (missing.Count == 0 || (listing.IsOfOneMoment && before.KeptNewUntil(after, began)))
            return missing;
        if (look > 1 && before == after && before.IsSettledAt(began))
            return missing;
        return listing.IsOfOneMoment && wasOfOneMoment ? missing.FindAll(entry => _pass - entry.Pass > 1) : [];
    }

    /// <summary>
    /// Of two files with one base name, one is often only the other's name before a rename. Where both are there in two looks, one gets a
    /// new base name, and so is a message of its own: a file is never removed.
    /// </summary>
    private void ResolveDoubled(FolderListing listing)
    {
        var suspects = listing.Doubled.ConvertAll(file => file.PathIn(Place));
        foreach (var file in listing.Doubled)
        {
            var path = file.PathIn(Place);
            var baseName = MessageName.BaseOf(file.Name).ToString();
            var first = FirstOf(listing, baseName);
            if (!File.Exists(path))
                continue;
            if (!File.Exists(first.PathIn(Place)))
            {
                // It was renamed while we looked: this is its name now.
                if (ByBase.TryGetValue(baseName, out var entry))
                    listing.Moved[entry] = file;
                else
                    listing.Unknown[baseName] = file;
                continue;
            }

            if (!_suspects.Contains(path))
            {
                // Of two that only the UID list knows, after a kill, the elder is the one that has the UID.
                if (listing.Unknown.ContainsKey(baseName) && File.GetLastWriteTimeUtc(path) < File.GetLastWriteTimeUtc(first.PathIn(Place)))
                    listing.Unknown[baseName] = file;
                Rescan.Ask();
                continue;
            }

            Rename(listing, file, baseName);
        }

        _suspects.Clear();
        _suspects.UnionWith(suspects);
    }

    private FoundFile FirstOf(FolderListing listing, string baseName)
    {
        if (!ByBase.TryGetValue(baseName, out var entry))
            return listing.Unknown[baseName];
        return listing.Moved.TryGetValue(entry, out var moved) ? moved : new(entry.FileName, entry.InNew);
    }

    private void Rename(FolderListing listing, FoundFile file, string baseName)
    {
        var (fileSize, crlfSize) = MessageName.SizesOf(baseName);
        var newBase = fileSize >= 0 && crlfSize >= 0 ? _store.Names.Next(fileSize, crlfSize) : _store.Names.Next();
        var renamed = file with { Name = newBase + file.Name[baseName.Length..] };
        try
        {
            Posix.DurableFile.RenameNoReplace(file.PathIn(Place), renamed.PathIn(Place));
        }
        catch (Posix.PosixException failure) when (failure.IsNotThere)
        {
            return;
        }

        listing.Unknown[newBase] = renamed;
        Log.DuplicateRenamed(Logger, Place.Path, baseName, newBase);
    }

    /// <summary>A rename in place is a change of flags.</summary>
    private void Move(FolderListing listing)
    {
        if (listing.Moved.Count == 0)
            return;
        List<FolderEntry> changed = [];
        lock (Gate)
        {
            var modSeq = 0UL;
            foreach (var (entry, file) in listing.Moved)
            {
                (entry.FileName, entry.InNew) = (file.Name, file.InNew);
                Unsaved(entry);
                var (system, keywords) = FlagsOf(entry);
                if (system == entry.System && keywords.SequenceEqual(entry.Keywords))
                    continue;
                (entry.System, entry.Keywords) = (system, keywords);
                entry.ModSeq = modSeq = modSeq == 0 ? NextModSeq() : modSeq;
                changed.Add(entry);
            }

            if (modSeq != 0)
                Publish();
        }

        Journal.Outside.Flagged(Place.Name, changed);
    }

    private void ExpungeMissing(List<FolderEntry> missing)
    {
        var gone = missing.FindAll(entry => !File.Exists(entry.PathIn(Place)));
        Expunge(gone);
        MissedOutside(gone);
    }

    /// <summary>Takes messages out of memory.</summary>
    private void Expunge(List<FolderEntry> gone)
    {
        if (gone.Count == 0)
            return;
        lock (Gate)
        {
            if (_remembered.Count > MaxRemembered)
                _remembered.Clear();
            foreach (var entry in gone)
            {
                entry.IsExpunged = true;
                _byBase?.Remove(entry);
                _uids!.TakeOver(entry.Line());
                _knowsAbsent &= entry.Note is null; // a note is not in the index
                if (_views.Count > 0)
                    _remembered[entry.BaseName] = entry;
            }

            _entries.RemoveAll(entry => entry.IsExpunged);
            _recent = _entries.Count(entry => entry.IsRecent);
            Vanish(gone, NextModSeq());
            Volatile.Write(ref _expungedVersion, _version + 1);
            Publish();
        }
    }
}
