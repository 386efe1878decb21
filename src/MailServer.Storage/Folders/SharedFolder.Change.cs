using MailServer.Posix;

namespace MailServer.Storage;

/// <summary>Changes that sessions ask for.</summary>
internal sealed partial class SharedFolder
{
    /// <summary>Tries to find a file that other programs keep renaming: each is lost only to a rename within the moment after a look.</summary>
    private const int MaxTries = 20;

    /// <summary>Keywords without a letter that a message may have: as many as one command may name, far more than people use, and the file is written whole.</summary>
    private const int MaxFurther = 64;

    /// <summary>Moves what is in <c>new</c> into <c>cur</c>, so that no other session calls it recent.</summary>
    /// <exception cref="IOException">The folder cannot be written.</exception>
    public async ValueTask TakeNewAsync(CancellationToken cancellationToken)
    {
        if (Volatile.Read(ref _recent) == 0)
            return;
        await Io.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            using var own = new OwnChange(this);
            foreach (var entry in _entries.FindAll(entry => entry.InNew))
            {
                var name = entry.FileName.Contains(":2,", StringComparison.Ordinal) || !IsName(entry.BaseName + ":2,") ? entry.FileName : entry.BaseName + ":2,";
                TryRename(entry, name);
            }
        }
        finally
        {
            Io.Release();
        }
    }

    /// <summary>
    /// Changes flags; gives those messages that are there and have them, and why others have not: with too many keywords nothing is changed, a
    /// message whose name is too long for more letters keeps those it has.
    /// </summary>
    /// <param name="entries">Which.</param>
    /// <param name="change">How.</param>
    /// <param name="flags">The flags.</param>
    /// <param name="mayChange">Asked just before, of what is known by then; null for yes.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Those that are there, those that may not change, and what was in the way.</returns>
    /// <exception cref="IOException">The folder cannot be written.</exception>
    public async ValueTask<(HashSet<FolderEntry> There, HashSet<FolderEntry> Kept, Problem? Problem)> StoreAsync(
        IReadOnlyList<FolderEntry> entries, FlagChange change, MessageFlags flags, Func<FolderEntry, bool>? mayChange, CancellationToken cancellationToken)
    {
        await Io.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (change != FlagChange.Remove)
                await LearnAsync(flags.Keywords, cancellationToken).ConfigureAwait(false);
            if (change == FlagChange.Add && HasTooMany(entries, flags.Keywords))
                return ([], [], FolderProblem.TooManyKeywords);
            Problem? problem = null;
            var isFurther = false;
            var modSeq = 0UL;
            var own = new OwnChange(this);
            HashSet<FolderEntry> there = [];
            HashSet<FolderEntry> kept = [];

            // Most messages of one command change from one ending to one other.
            var endings = new Dictionary<string, string>(StringComparer.Ordinal).GetAlternateLookup<ReadOnlySpan<char>>();
            try
            {
                foreach (var entry in entries)
                {
                    var before = (entry.System, entry.Keywords);
                    var isThere = false;
                    for (var tries = 0; !isThere && tries < MaxTries && !entry.IsExpunged; tries++)
                    {
                        if (tries > 0)
                        {
                            own.Dispose();
                            await LookAsync(cancellationToken, entry).ConfigureAwait(false);
                            own = new(this);
                            if (entry.IsExpunged)
                                break;
                        }

                        if (mayChange is not null && !mayChange(entry))
                        {
                            kept.Add(entry);
                            break;
                        }

                        var (name, further) = endings.TryGetValue(entry.Ending, out var ending) && !entry.InNew
                            ? (entry.BaseName + ending, [])
                            : Changed(entry, change, flags);
                        if (!IsName(name))
                        {
                            problem = FolderProblem.NoRoomForFlags;
                            break;
                        }

                        if (further.Length == 0 && _further.IsEmpty && !entry.InNew)
                            endings[entry.Ending] = name[(name.Length - MessageName.EndingOf(name).Length)..];
                        isThere = name == entry.FileName ? IsThere(entry) : TryRename(entry, name);
                        if (isThere && _further.Set(entry.BaseName, further))
                            isFurther = true;
                    }

                    if (!isThere)
                        continue;
                    there.Add(entry);
                    lock (Gate)
                    {
                        SetLetters(entry);
                        if (before.System != entry.System || !before.Keywords.SequenceEqual(entry.Keywords))
                            entry.ModSeq = modSeq = modSeq == 0 ? NextModSeq() : modSeq;
                    }
                }
            }
            finally
            {
                own.Dispose();
                if (isFurther)
                    WriteFurther();
                if (modSeq != 0)
                    lock (Gate)
                        Publish();
            }

            return (there, kept, problem);
        }
        finally
        {
            Io.Release();
        }
    }

    /// <summary>Whether a message would get more keywords without a letter than it may; those that have them already keep them.</summary>
    private bool HasTooMany(IReadOnlyList<FolderEntry> entries, IReadOnlyList<string> keywords)
    {
        var further = keywords.Where(name => _keywords.LetterOf(name) == '\0').ToList();
        if (further.Count == 0)
            return false;
        foreach (var entry in entries)
        {
            var has = _further.Of(entry.BaseName);
            if (has.Union(further, StringComparer.OrdinalIgnoreCase).Count() > Math.Max(MaxFurther, has.Length))
                return true;
        }

        return false;
    }

    /// <summary>Removes messages for good; those that are gone already count as removed.</summary>
    /// <exception cref="IOException">The folder cannot be written; what was removed is out of memory.</exception>
    /// <param name="entries">Which.</param>
    /// <param name="mayGo">Asked just before, of what is known by then; null for yes.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Those that may not go.</returns>
    public async ValueTask<List<FolderEntry>> ExpungeAsync(
        IReadOnlyList<FolderEntry> entries, Func<FolderEntry, bool>? mayGo, CancellationToken cancellationToken)
    {
        await Io.WaitAsync(cancellationToken).ConfigureAwait(false);
        List<FolderEntry> gone = [];
        List<FolderEntry> kept = [];
        try
        {
            var own = new OwnChange(this);
            try
            {
                var missed = entries.Where(IsMissed).ToList();
                for (var tries = 1; missed.Count > 0 && tries < MaxTries; tries++)
                {
                    own.Dispose();
                    await LookAsync(cancellationToken).ConfigureAwait(false);
                    own = new(this);
                    missed = missed.FindAll(IsMissed);
                }
            }
            finally
            {
                own.Dispose();
                Expunge(gone);
                _store.Quotas.Of(Place.Root).Forget(gone);
            }

            return kept;
        }
        finally
        {
            Io.Release();
        }

        bool IsMissed(FolderEntry entry)
        {
            if (entry.IsExpunged)
                return false;
            if (mayGo is null || mayGo(entry))
                return !TryUnlink(entry, gone);
            kept.Add(entry);
            return false;
        }
    }

    /// <summary>Does something with a message's file, looking for its name again when it has been renamed. False when it is gone.</summary>
    /// <exception cref="IOException">The disk failed.</exception>
    public async ValueTask<bool> WithFileAsync(FolderEntry entry, Action<string> use, CancellationToken cancellationToken)
    {
        for (var tries = 0; tries < MaxTries; tries++)
        {
            string path;
            lock (Gate)
            {
                if (entry.IsExpunged)
                    return false;
                path = entry.PathIn(Place);
            }

            try
            {
                use(path);
                return true;
            }
            catch (Exception failure) when (IsNotThere(failure) && !IsRetired)
            {
                await SynchronizeAsync(force: true, cancellationToken).ConfigureAwait(false);
            }
        }

        return false;
    }

    private static bool IsNotThere(Exception failure) =>
        failure is FileNotFoundException or DirectoryNotFoundException or PosixException { IsNotThere: true };

    private bool IsThere(FolderEntry entry)
    {
        LookForNote(entry);
        return entry.Note is not null || File.Exists(entry.PathIn(Place));
    }

    private bool TryUnlink(FolderEntry entry, List<FolderEntry> gone)
    {
        LookForNote(entry);
        if (entry.Note is not null)
            return true; // the note goes when the file can be read; what it hides may be somebody's mail
        if (!RemoveFile(new(entry.FileName, entry.InNew)))
            return false;
        gone.Add(entry);
        return true;
    }

    /// <summary>Renames a message's file into <c>cur</c>. False when it is not where it was.</summary>
    /// <summary>Whether a file can have that name.</summary>
    private static bool IsName(string name) => System.Text.Encoding.UTF8.GetByteCount(name) <= MaxFileName;

    private bool TryRename(FolderEntry entry, string name)
    {
        try
        {
            MoveFile(new(entry.FileName, entry.InNew), new(name, InNew: false));
        }
        catch (PosixException failure) when (failure.IsNotThere || failure.IsAlreadyThere)
        {
            return false;
        }

        lock (Gate)
        {
            (entry.FileName, entry.InNew) = (name, false);
            Unsaved(entry);
        }

        return true;
    }

    /// <summary>The file name after a change of flags, and the keywords that find no letter in it.</summary>
    private (string Name, string[] Further) Changed(FolderEntry entry, FlagChange change, MessageFlags flags)
    {
        var system = change switch
        {
            FlagChange.Add => entry.System | flags.System,
            FlagChange.Remove => entry.System & ~flags.System,
            _ => flags.System,
        };
        var keywords = change switch
        {
            FlagChange.Add => entry.Keywords.Concat(flags.Keywords),
            FlagChange.Remove => entry.Keywords.Except(flags.Keywords, StringComparer.OrdinalIgnoreCase),
            _ => flags.Keywords,
        };

        // Letters that mean nothing to us belong to other programs.
        var letters = new List<char>();
        foreach (var letter in MessageName.LettersOf(entry.FileName))
            if (FlagLetters.Parse(letter) == SystemFlags.None && _keywords.NameOf(letter) is null)
                letters.Add(letter);
        letters.AddRange(FlagLetters.Of(system));
        List<string> further = [];
        foreach (var keyword in keywords.Distinct(StringComparer.OrdinalIgnoreCase))
            if (_keywords.LetterOf(keyword) is not '\0' and var letter)
                letters.Add(letter);
            else
                further.Add(keyword);
        var name = MessageName.WithLetters(entry.BaseName, letters, MessageName.TailOf(entry.FileName));

        // A message without flags stays in new: moving it is for the session that takes the recent ones.
        return (letters.Count == 0 && entry.InNew ? entry.FileName : name, [.. further]);
    }
}
