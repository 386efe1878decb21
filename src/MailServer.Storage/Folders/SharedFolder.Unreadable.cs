using MailServer.Posix;

namespace MailServer.Storage;

/// <summary>Files that cannot be read, and file names that cannot be kept: they never vanish, and never hide the others.</summary>
internal sealed partial class SharedFolder
{
    /// <summary>Octets of one file name: NAME_MAX of all file systems that matter.</summary>
    private const int MaxFileName = 255;

    private readonly List<FolderEntry> _notes = [];

    private readonly List<FolderEntry> _unmarked = [];

    /// <summary>Messages that clients may have read, and whose files cannot be read any more.</summary>
    private readonly HashSet<FolderEntry> _spoilt = [];

    /// <summary>What stands for a file that cannot be read: one whose UID is a note's, or that a message was. Null for any other.</summary>
    private NewFile? NoteStillFor(FolderListing listing, string baseName, FoundFile file)
    {
        var isSpoilt = listing.Spoilt.Contains(baseName);
        if (!isSpoilt && (!_uids!.TryFind(baseName, out var record) || !record.IsNote))
            return null;
        var path = file.PathIn(Place);
        return UnreadableNote.ReasonFor(path) is { } reason
            ? new(baseName, file.Name, file.InNew) { Note = NoteFor(path, reason), IsSpoilt = isSpoilt }
            : null;
    }

    private UnreadableNote NoteFor(string path, string reason)
    {
        Log.NoteInPlace(Logger, path, reason);
        var date = File.GetLastWriteTimeUtc(path);
        if (date.Year < 1970)
            date = DateTime.UnixEpoch; // what .NET says of a link to nowhere
        return UnreadableNote.Write(Path.GetRelativePath(Place.Path, path), reason, _store.Options.Hostname, date);
    }

    /// <summary>Puts a note in the place of a message that nobody has read yet. The next look marks its UID as the note's.</summary>
    private void PutNote(FolderEntry entry, string path, string reason)
    {
        var note = NoteFor(path, reason);
        lock (Gate)
        {
            if (entry.IsMeasured)
                return;
            entry.Note = note;
            entry.Measured(note.Octets.Length, note.Octets.Length, note.DateTicks);
            _unmarked.Add(entry);
        }

        Rescan.Ask();
    }

    /// <summary>Puts a note in the place of a message that could not be read; false when nothing is there.</summary>
    private bool TryPutNote(FolderEntry entry, string path, Exception failure)
    {
        var reason = UnreadableNote.ReasonFor(path);

        // What was not there and is there now has been renamed and back: it can be read.
        if (reason is null && (failure is FileNotFoundException || FileFacts.Of(path) is null))
            return false;
        PutNote(entry, path, reason ?? failure.Message);
        return true;
    }

    /// <summary>Sees to it that a note's UID is marked before anybody is shown the note.</summary>
    /// <exception cref="IOException">The folder cannot be written.</exception>
    public async ValueTask MarkNoteAsync(FolderEntry entry, CancellationToken cancellationToken)
    {
        bool isMarked;
        lock (Gate)
            isMarked = !_unmarked.Contains(entry);
        if (!isMarked)
            await SynchronizeAsync(force: true, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Finds out whether a message that nobody has read yet can be read, without reading it.</summary>
    private void LookForNote(FolderEntry entry)
    {
        if (!entry.IsMeasured && UnreadableNote.ReasonFor(entry.PathIn(Place)) is { } reason)
            PutNote(entry, entry.PathIn(Place), reason);
    }

    /// <summary>
    /// A message's file could not be opened. If it is the file that cannot be read, and not a moment in which nothing can, the next look has
    /// a note in its place. Quick, never throws.
    /// </summary>
    public void NotRead(FolderEntry entry)
    {
        lock (Gate)
            if (entry.Note is null && !entry.IsExpunged && UnreadableNote.ReasonFor(entry.PathIn(Place)) is not null)
                _spoilt.Add(entry);
        Rescan.Ask();
    }

    /// <summary>
    /// Ends messages whose files cannot be read any more. The note that is taken up instead has a UID of its own: clients may have the
    /// message under the old one. The caller holds <see cref="Io"/>.
    /// </summary>
    private void GiveUpSpoilt(FolderListing listing)
    {
        List<FolderEntry> spoilt;
        lock (Gate)
        {
            spoilt = [.. _spoilt.Where(entry => !entry.IsExpunged && entry.Pass == _pass && UnreadableNote.ReasonFor(entry.PathIn(Place)) is not null)];
            _spoilt.Clear();
        }

        foreach (var entry in spoilt)
        {
            listing.Unknown[entry.BaseName] = new(entry.FileName, entry.InNew);
            listing.Spoilt.Add(entry.BaseName);
        }

        Expunge(spoilt);
    }

    /// <summary>Marks the UIDs of notes that were put since the last look. The caller holds <see cref="Io"/>.</summary>
    private async ValueTask MarkUnmarkedAsync(CancellationToken cancellationToken)
    {
        List<FolderEntry> entries;
        lock (Gate)
            entries = _unmarked.FindAll(entry => !entry.IsExpunged);
        if (entries.Count == 0)
            return;
        using (await DotLock.TakeAsync(UidListPath, _store.Time, Logger, cancellationToken).ConfigureAwait(false))
        {
            if (!Reload())
                return;
            if (MarkNotes(entries.ConvertAll(entry => new NewFile(entry.BaseName, entry.FileName, entry.InNew) { Note = entry.Note })))
                await ReplaceAsync(_uids!, _uids!.Records.Values).ConfigureAwait(false);
        }

        lock (Gate)
        {
            _unmarked.RemoveAll(entry => entry.IsExpunged || entries.Contains(entry));
            _notes.AddRange(entries);
        }
    }

    /// <summary>Lets go of notes whose files can be read now: these are taken up as new messages. The caller holds <see cref="Io"/>.</summary>
    private void RetryNotes(FolderListing listing)
    {
        _notes.RemoveAll(entry => entry.IsExpunged);
        var readable = _notes.FindAll(entry => entry.Pass == _pass && File.Exists(entry.PathIn(Place)) && UnreadableNote.ReasonFor(entry.PathIn(Place)) is null);
        foreach (var entry in readable)
            listing.Unknown[entry.BaseName] = new(entry.FileName, entry.InNew);
        Expunge(readable);
    }

    /// <summary>
    /// Brings the list to what the files are: what was a note and is a message now loses its UID, and so does a message that clients may have
    /// read; one that nobody has read is marked. Called under the lock, after a look at the list.
    /// </summary>
    /// <returns>Whether the list must be written anew.</returns>
    private bool MarkNotes(List<NewFile> files)
    {
        var isChanged = false;
        foreach (var file in files)
            if (_uids!.TryFind(file.BaseName, out var record) && record.IsNote != (file.Note is not null))
            {
                if (file.Note is null || file.IsSpoilt)
                    _uids.Forget(file.BaseName);
                else
                    _uids.Mark(record, UnreadableNote.Key);
                isChanged = true;
            }

        if (isChanged)
        {
            _uids!.MustReplace();
            _knowsAbsent = false;
        }

        return isChanged;
    }

    /// <summary>Gives good names to files whose names are no UTF-8, or would break a line of a plain file. Says whether it did.</summary>
    private bool MendNames()
    {
        var isChanged = false;
        foreach (var directory in (string[])[Place.New, Place.Cur])
            try
            {
                foreach (var (from, to) in RawNames.Mend(directory, Better))
                {
                    Log.OddNameMended(Logger, directory, from, to);
                    isChanged = true;
                }
            }
            catch (Exception failure) when (DiskProblem.Is(failure))
            {
                // They stay as they are, and store verify names them.
                Log.DiskFailed(Logger, "mending file names", failure.Message);
            }

        return isChanged;
    }

    private string? Better(byte[] name)
    {
        if (name[0] == '.')
            return null;
        if (name[0] == ':')
            return _store.Names.Next() + (OddName.Mended(name) ?? System.Text.Encoding.UTF8.GetString(name));
        return OddName.Mended(name) is not { } mended ? null : System.Text.Encoding.UTF8.GetByteCount(mended) <= MaxFileName ? mended : _store.Names.Next();
    }
}
