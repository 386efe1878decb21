namespace MailServer.Storage;

/// <summary>Structures that were read once are kept beside the index.</summary>
internal sealed partial class SharedFolder
{
    /// <summary>Below this many outdated structures the file is left as it is: a rewrite costs more than it saves.</summary>
    private const int MinDeadStructures = 1000;

    /// <summary>Octets of the file for each message that has a structure in it, beyond which most of it must be outdated.</summary>
    private const int UsualStructure = 4096;

    private readonly Lock _structuresGate = new();
    private StructureFile? _structures;
    private long _knownStructures;      // up to here the index knows which messages have one
    private bool _isStructuresOff;

    /// <summary>What is kept of a message, or null.</summary>
    public MessageStructure? KeptStructure(FolderEntry entry)
    {
        try
        {
            if (Structures() is not { } file)
                return null;
            if (entry.StructureAt == 0)
                return null;
            if (file.Read(entry) is { } structure)
                return structure;
            lock (Gate)
                entry.StructureAt = 0;
            return null;
        }
        catch (Exception failure) when (DiskProblem.Is(failure))
        {
            DoWithoutStructures(failure);
            return null;
        }
    }

    /// <summary>The header fields that are kept of a message, with CRLF line ends, or null.</summary>
    public byte[]? KeptFieldsOf(FolderEntry entry)
    {
        try
        {
            return entry.StructureAt == 0 ? null : Structures()?.ReadFields(entry);
        }
        catch (Exception failure) when (DiskProblem.Is(failure))
        {
            DoWithoutStructures(failure);
            return null;
        }
    }

    /// <summary>Keeps a message's structure for later, and its fields when they are not too much.</summary>
    public void KeepStructure(FolderEntry entry, MessageStructure structure, byte[]? fields)
    {
        try
        {
            if (entry.StructureAt != 0 || entry.IsExpunged || Structures() is not { } file)
                return;
            var at = file.Append(entry, structure, fields);
            lock (Gate)
            {
                entry.StructureAt = at;
                if (at > 0)
                    Unsaved(entry);
            }
        }
        catch (Exception failure) when (DiskProblem.Is(failure))
        {
            DoWithoutStructures(failure);
        }
    }

    /// <summary>Lets go of the file. Nobody has the folder any more.</summary>
    public void CloseStructures()
    {
        lock (_structuresGate)
        {
            _structures?.Dispose();
            (_structures, _isStructuresOff) = (null, true);
        }
    }

    /// <summary>The file, once it is known which messages have something in it: what was appended after the index was last written is looked through.</summary>
    private StructureFile? Structures()
    {
        lock (_structuresGate)
        {
            if (_isStructuresOff || IsRetired)
                return null;
            if (_structures is not null)
                return _structures;
            var file = new StructureFile(Place.File(StructureFile.FileName), UidValidity);
            file.Scan(_knownStructures, (at, uid, name) =>
            {
                lock (Gate)
                    if (IndexFrom(uid) is var i && i < _entries.Count && _entries[i].Uid == uid && _entries[i].StructureAt == 0
                        && StructureFile.NameSum(_entries[i]) == name)
                    {
                        _entries[i].StructureAt = at;
                        Unsaved(_entries[i]);
                    }
            });
            return _structures = file;
        }
    }

    private void DoWithoutStructures(Exception failure)
    {
        Log.DiskFailed(Logger, "keeping structures", failure.Message);
        lock (_structuresGate)
            _isStructuresOff = true;
    }

    /// <summary>Writes what waits, before the index says where it is.</summary>
    private void FlushStructures()
    {
        lock (_structuresGate)
        {
            if (_structures is null)
                return;
            try
            {
                _structures.Flush();
                _knownStructures = _structures.Length;
            }
            catch (Exception failure) when (DiskProblem.Is(failure))
            {
                Log.DiskFailed(Logger, "keeping structures", failure.Message);
                _isStructuresOff = true;
            }
        }
    }

    /// <summary>Begins the file anew when most of it is of messages long gone; what is asked for again is read again.</summary>
    private void DropDeadStructures()
    {
        var live = _entries.Count(entry => entry.StructureAt != 0);
        if (_knownStructures < ((2L * live) + MinDeadStructures) * UsualStructure)
            return;
        lock (_structuresGate)
        {
            _structures?.Dispose();
            _structures = null;
            Posix.DurableFile.TryUnlink(Place.File(StructureFile.FileName));
            _knownStructures = 0;
        }

        lock (Gate)
            foreach (var entry in _entries)
                entry.StructureAt = 0;
        _indexStamp = FileStamp.None;
    }
}
