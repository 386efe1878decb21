using MailServer.Posix;

namespace MailServer.Pipeline;

/// <summary>
/// The queue's files: <c>queue/c/ID.message</c> and <c>queue/c/ID.envelope</c>, c being the last letter of the id. The envelope makes a message
/// queued: it comes after the message and goes before it. So a message without an envelope was never acknowledged, or is done with.
/// </summary>
public sealed class QueueFolder(string directory)
{
    private const string MessageEnd = ".message";
    private const string EnvelopeEnd = ".envelope";

    // Folders with removals that are not synced.
    private readonly HashSet<string> _removed = [];

    // An id is 14 letters; more is no name of ours.
    private const int MaxId = 40;

    /// <summary>Where files are put that cannot be read.</summary>
    public string AsideDirectory => Path.Combine(directory, "aside");

    /// <summary>The file of a message.</summary>
    public string MessageOf(string id) => Path.Combine(directory, id[^1..], id + MessageEnd);

    /// <summary>The file of an envelope.</summary>
    public string EnvelopeOf(string id) => Path.Combine(directory, id[^1..], id + EnvelopeEnd);

    /// <summary>Whether a text can be the id of a message.</summary>
    public static bool IsId(string text) => text is { Length: > 0 and <= MaxId } && text.All(char.IsAsciiLetterOrDigit);

    /// <summary>Makes the folder that a message's files go into.</summary>
    /// <exception cref="IOException">It cannot be made.</exception>
    public void Prepare(string id)
    {
        var folder = Path.GetDirectoryName(MessageOf(id))!;
        if (System.IO.Directory.Exists(folder))
            return;
        DiskFile.MakeDirectory(folder);
        DurableFile.SyncDirectory(directory);
        DurableFile.SyncDirectory(Path.GetDirectoryName(Path.GetFullPath(directory))!);
    }

    /// <summary>Writes an envelope; durable when this returns, and with it the message's name.</summary>
    /// <exception cref="IOException">It failed; what was there before is there.</exception>
    public void Write(QueuedMail mail)
    {
        ArgumentNullException.ThrowIfNull(mail);
        Publish(WriteDraft(mail), mail.Id);
    }

    /// <summary>Does of <see cref="Write"/> all that needs room on the disk.</summary>
    /// <returns>The draft, for <see cref="Publish"/>.</returns>
    /// <exception cref="IOException">It failed; there is no draft.</exception>
    public string WriteDraft(QueuedMail mail)
    {
        ArgumentNullException.ThrowIfNull(mail);
        var draft = $"{EnvelopeOf(mail.Id)}.{Guid.NewGuid():N}.tmp";
        try
        {
            using var file = DiskFile.Create(draft);
            DiskFile.Write(file, EnvelopeFile.Write(mail), 0);
            DiskFile.Sync(file);
            return draft;
        }
        catch
        {
            DurableFile.TryUnlink(draft);
            throw;
        }
    }

    /// <summary>Makes a draft the message's envelope; durable when this returns.</summary>
    /// <exception cref="IOException">It failed; the envelope is the old one or, where only the folder could not be synced, the new one.</exception>
    public void Publish(string draft, string id)
    {
        var path = EnvelopeOf(id);
        DurableFile.Rename(draft, path);
        DurableFile.SyncDirectory(Path.GetDirectoryName(path)!);
    }

    /// <summary>Reads an envelope; null when there is none.</summary>
    /// <exception cref="InvalidDataException">It is no envelope.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public QueuedMail? Read(string id)
    {
        var path = EnvelopeOf(id);
        try
        {
            using var file = DiskFile.Open(path);
            var length = RandomAccess.GetLength(file);
            if (length > EnvelopeFile.MaxSize)
                throw new InvalidDataException($"larger than {EnvelopeFile.MaxSize} bytes");
            var octets = new byte[length];
            var count = RandomAccess.Read(file, octets, 0);
            return EnvelopeFile.Read(octets.AsSpan(0, count), id);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException || e is PosixException { IsNotThere: true })
        {
            return null;
        }
    }

    /// <summary>Removes a message: the envelope first. Durable after <see cref="SyncRemoved"/>: until then a power cut may bring it back.</summary>
    /// <exception cref="IOException">It failed.</exception>
    public void Remove(string id)
    {
        DurableFile.Unlink(EnvelopeOf(id));
        DurableFile.TryUnlink(MessageOf(id));
        lock (_removed)
            _removed.Add(Path.GetDirectoryName(EnvelopeOf(id))!);
    }

    /// <summary>Makes all removals so far durable: one sync for each folder, however many there were.</summary>
    /// <exception cref="IOException">It failed.</exception>
    public void SyncRemoved()
    {
        string[] folders;
        lock (_removed)
        {
            folders = [.. _removed];
            _removed.Clear();
        }

        foreach (var folder in folders)
            DurableFile.SyncDirectory(folder);
    }

    /// <summary>Puts both files of a message where nobody tries to read them; nothing is lost.</summary>
    /// <exception cref="IOException">It failed.</exception>
    public void SetAside(string id)
    {
        DiskFile.MakeDirectory(AsideDirectory);
        // The message first: one without an envelope is swept away as never acknowledged.
        foreach (var path in new[] { MessageOf(id), EnvelopeOf(id) })
            if (File.Exists(path))
                DurableFile.Rename(path, Path.Combine(AsideDirectory, Path.GetFileName(path)));
    }

    /// <summary>The ids of all queued messages, in the order of their arrival.</summary>
    /// <exception cref="IOException">The folder cannot be read.</exception>
    public IReadOnlyList<string> List()
    {
        var ids = Names().Envelopes;
        ids.Sort(StringComparer.Ordinal);
        return ids;
    }

    /// <summary>How many files lie aside because they cannot be read.</summary>
    public int CountAside() => System.IO.Directory.Exists(AsideDirectory) ? System.IO.Directory.EnumerateFiles(AsideDirectory).Count() : 0;

    /// <summary>Removes what a death left half-way: messages that have no envelope, and drafts of envelopes. Only before the first message comes.</summary>
    /// <returns>The ids that are queued, as <see cref="List"/> gives them.</returns>
    /// <exception cref="IOException">The folder cannot be read.</exception>
    public IReadOnlyList<string> Sweep()
    {
        var (envelopes, messages, drafts) = Names();
        var known = envelopes.ToHashSet(StringComparer.Ordinal);
        foreach (var id in messages)
            if (!known.Contains(id))
                DurableFile.TryUnlink(MessageOf(id));
        drafts.ForEach(DurableFile.TryUnlink);
        envelopes.Sort(StringComparer.Ordinal);
        return envelopes;
    }

    private (List<string> Envelopes, List<string> Messages, List<string> Drafts) Names()
    {
        List<string> envelopes = [], messages = [], drafts = [];
        if (!System.IO.Directory.Exists(directory))
            return (envelopes, messages, drafts);
        foreach (var folder in System.IO.Directory.EnumerateDirectories(directory))
            if (Path.GetFileName(folder) is { Length: 1 } letter)
                foreach (var path in System.IO.Directory.EnumerateFiles(folder))
                    Sort(path, Path.GetFileName(path), letter);
        return (envelopes, messages, drafts);

        void Sort(string path, string name, string letter)
        {
            if (name.EndsWith(".tmp", StringComparison.Ordinal))
                drafts.Add(path);
            else if (Path.GetFileNameWithoutExtension(name) is var id && IsId(id) && id[^1..] == letter)
                (name.EndsWith(EnvelopeEnd, StringComparison.Ordinal) ? envelopes : name.EndsWith(MessageEnd, StringComparison.Ordinal) ? messages : []).Add(id);
        }
    }
}
