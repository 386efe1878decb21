using MailServer.Posix;
using Microsoft.Win32.SafeHandles;

namespace MailServer.Storage;

/// <summary>What the session reads.</summary>
internal sealed partial class FolderView
{
    private FolderEntry? _mapped;
    private CrlfMap? _map;

    public async ValueTask<Outcome<IMessageContent>> OpenMessageAsync(int sequence, CancellationToken cancellationToken)
    {
        var entry = _slots[sequence - 1].Entry;
        if (await NoteAsync(entry, cancellationToken).ConfigureAwait(false) is { } note)
            return new(note.Open());
        var opened = await OpenFileAsync(entry, cancellationToken).ConfigureAwait(false);
        return opened.TryGet(out var file, out var problem) ? new Outcome<IMessageContent>(new StoredContent(file, entry.CrlfSize, MapOf(entry))) : problem;
    }

    private async ValueTask<UnreadableNote?> NoteAsync(FolderEntry entry, CancellationToken cancellationToken)
    {
        _folder.Measure(entry);
        if (entry.Note is null)
            return null;
        try
        {
            await _folder.MarkNoteAsync(entry, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception failure) when (DiskProblem.Is(failure))
        {
            _store.Failed("marking what cannot be read", failure); // the next look tries again
        }

        return entry.Note;
    }

    /// <summary>Clients fetch a big message in pieces, one command each: what is known of the last one's line ends is kept.</summary>
    private CrlfMap? MapOf(FolderEntry entry)
    {
        if (entry.CrlfSize <= CrlfMap.Step)
            return null;
        if (_mapped != entry)
            (_mapped, _map) = (entry, new CrlfMap());
        return _map;
    }

    public async ValueTask<Outcome<MessageStructure>> StructureAtAsync(int sequence, CancellationToken cancellationToken)
    {
        var entry = _slots[sequence - 1].Entry;
        if (_folder.Read.TryStructure(entry, out var known))
            return known;
        if (_folder.KeptStructure(entry) is { } kept)
            return kept;
        if (await NoteAsync(entry, cancellationToken).ConfigureAwait(false) is { } note)
            return StructureReader.Read(note.OpenRead(), entry.CrlfSize);
        var opened = await OpenFileAsync(entry, cancellationToken).ConfigureAwait(false);
        if (!opened.TryGet(out var file, out var problem))
            return problem;
        try
        {
            using var stream = new FileStream(file, FileAccess.Read, bufferSize: 0);
            var (structure, fields) = StructureReader.ReadWithFields(stream, entry.CrlfSize);
            _folder.Read.Remember(entry, structure);
            _folder.KeepStructure(entry, structure, fields);
            return structure;
        }
        catch (Exception failure) when (DiskProblem.Is(failure))
        {
            return _store.Failed("reading a message", failure);
        }
    }

    public async ValueTask ReadStructuresAsync(int first, int last, CancellationToken cancellationToken)
    {
        List<int> unknown = [];
        for (var sequence = first; sequence <= last; sequence++)
            if (EntryAt(sequence).StructureAt <= 0 && !_folder.Read.TryStructure(EntryAt(sequence), out _))
                unknown.Add(sequence);
        if (unknown.Count < 2)
            return;
        var taken = -1;
        await Task.WhenAll(Enumerable.Range(0, Math.Min(Environment.ProcessorCount, unknown.Count)).Select(_ => _store.Readers.RunAsync(Read)))
            .ConfigureAwait(false);

        void Read()
        {
            while (Interlocked.Increment(ref taken) is var next && next < unknown.Count && !cancellationToken.IsCancellationRequested)
                TryReadStructure(EntryAt(unknown[next]));
        }
    }

    public bool KeepsField(ReadOnlySpan<byte> name) => KeptFields.Has(name);

    // The cast is needed: without it null becomes an array, and the array an empty memory.
    public ReadOnlyMemory<byte>? FieldsAt(int sequence) => _folder.KeptFieldsOf(EntryAt(sequence)) is { } fields ? fields : (ReadOnlyMemory<byte>?)null;

    private void TryReadStructure(FolderEntry entry)
    {
        try
        {
            if (OpenerOf(entry)() is not { } stream)
                return;
            using (stream)
            {
                if (entry.Note is not null || !entry.IsMeasured)
                    return;
                var (structure, fields) = StructureReader.ReadWithFields(stream, entry.CrlfSize);
                _folder.Read.Remember(entry, structure);
                _folder.KeepStructure(entry, structure, fields);
            }
        }
        catch (Exception failure) when (DiskProblem.Is(failure))
        {
            // Whoever asks for this one is told.
        }
    }

    /// <summary>What is known without a look at the file.</summary>
    private MessageInfo KnownAt(int sequence)
    {
        lock (_folder.Gate)
            return _slots[sequence - 1].Entry.Info();
    }

    private Func<Stream?> OpenerOf(FolderEntry entry) => () =>
    {
        var measured = _folder.OpenUnmeasured(entry);
        if (entry.Note is { } note)
            return note.OpenRead();
        if (measured is not null)
            return new MessageStream(measured, entry.FileSize);
        string path;
        lock (_folder.Gate)
            path = entry.PathIn(_folder.Place);
        return TryOpen(path) ?? (_folder.FindRenamed(entry) is { } renamed ? TryOpen(renamed) : null);
    };

    /// <summary>Opens a message's file; null when it is not there.</summary>
    public static Stream? TryOpen(string path)
    {
        try
        {
            var file = DiskFile.Open(path, out var facts);
            return new MessageStream(file, facts.Length);
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }

    private async ValueTask<Outcome<SafeFileHandle>> OpenFileAsync(FolderEntry entry, CancellationToken cancellationToken)
    {
        SafeFileHandle? file = null;
        try
        {
            var isThere = await _folder.WithFileAsync(
                entry,
                path => file = DiskFile.Open(path),
                cancellationToken).ConfigureAwait(false);
            if (!isThere || file is null)
                return FolderProblem.Expunged;

            // Nothing could be opened a moment ago, and can be now.
            _folder.Measure(entry);
            if (entry.IsMeasured)
                return file;
            file.Dispose();
            return Problem.Unavailable;
        }
        catch (Exception failure) when (DiskProblem.Is(failure))
        {
            _folder.NotRead(entry);
            return _store.Failed("opening a message", failure);
        }
    }
}
