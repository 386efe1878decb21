using MailServer.Posix;

namespace MailServer.Storage;

/// <summary>Files that cannot be read, and file names that cannot be kept: they never vanish, and never hide the others.</summary>
internal sealed partial class SharedFolder
{
    /// <summary>Octets of one file name: NAME_MAX of all file systems that matter.</summary>
    private const int MaxFileName = 255;

    private readonly List<FolderEntry> _notes = [];

    /// <summary>What stands for a file that cannot be read; null when it can, or is gone.</summary>
    private NewFile? NoteFor(string baseName, FoundFile file, string path, string? reason)
    {
        if (reason is null)
            return null;
        Log.NoteInPlace(Logger, path, reason);
        var date = File.GetLastWriteTimeUtc(path);
        if (date.Year < 1970)
            date = DateTime.UnixEpoch; // what .NET says of a link to nowhere
        var note = UnreadableNote.Write($"{(file.InNew ? "new" : "cur")}/{file.Name}", reason, _store.Options.Hostname, date);
        return new(baseName, file.Name, file.InNew, note.Octets.Length, note.Octets.Length, date.Ticks) { Note = note };
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
    /// Brings the list to what the files are: what was a note and is a message now loses its UID, what was a message and is a note now is
    /// marked. Called under the lock, after a look at the list.
    /// </summary>
    /// <returns>Whether the list must be written anew.</returns>
    private bool MarkNotes(List<NewFile> files)
    {
        var isChanged = false;
        foreach (var file in files)
            if (_uids!.TryFind(file.BaseName, out var record) && record.IsNote != (file.Note is not null))
            {
                if (file.Note is null)
                    _uids.Forget(file.BaseName);
                else
                    _uids.Mark(record, UnreadableNote.Key);
                isChanged = true;
            }

        if (isChanged)
            _uids!.MustReplace();
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
