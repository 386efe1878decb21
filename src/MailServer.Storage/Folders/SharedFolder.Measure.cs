using MailServer.Posix;
using Microsoft.Win32.SafeHandles;

namespace MailServer.Storage;

/// <summary>
/// Sizes and dates. A look at the directories tells names only: a <c>stat</c> of each file costs several times the look, and most sessions
/// ask it of a few messages. So it is done when first asked for; files never change, so once is enough.
/// </summary>
internal sealed partial class SharedFolder
{
    /// <summary>Threads that measure for one caller: a disk with a queue profits from a few, the other sessions need theirs.</summary>
    private const int MeasureThreads = 4;

    /// <summary>Below this a thread costs more than it saves.</summary>
    private const int MinMeasureBlock = 16;

    /// <summary>Measures a message, if nobody has. One whose file is gone is left as it is.</summary>
    public void Measure(FolderEntry entry) => OpenUnmeasured(entry)?.Dispose();

    /// <summary>
    /// Measures a message, if nobody has. Where its file had to be read for that, it is given: who wants to read it need not open it again.
    /// </summary>
    public SafeFileHandle? OpenUnmeasured(FolderEntry entry)
    {
        if (entry.IsMeasured)
            return null;
        string path;
        lock (Gate)
            path = entry.PathIn(Place);
        if (!TryMeasure(entry, path, out var file) && FindRenamed(entry) is { } renamed)
            TryMeasure(entry, renamed, out file);
        return file;
    }

    /// <summary>
    /// Looks at the last octet of a message whose size another program has told: unlike this server, it may tell one of a message whose
    /// last line has no end. Only POP3 asks, which sends such a line with one.
    /// </summary>
    public void SeeEnd(FolderEntry entry)
    {
        if (entry.IsEndSeen || entry.HasOpenEnd || !entry.IsMeasured || entry.Note is not null || UniqueNames.IsOurs(entry.BaseName))
            return;
        string path;
        lock (Gate)
            path = entry.PathIn(Place);
        try
        {
            using var file = DiskFile.Open(path);
            Span<byte> last = stackalloc byte[1];
            var isOpen = RandomAccess.Read(file, last, Math.Max(0, RandomAccess.GetLength(file) - 1)) == 1 && last[0] != '\n';
            lock (Gate)
            {
                entry.EndSeen(isOpen);
                if (isOpen)
                    Unsaved(entry);
            }
        }
        catch (Exception failure) when (DiskProblem.Is(failure))
        {
            // Renamed or gone: whoever reads it finds out.
        }
    }

    /// <summary>Measures many messages, on threads that may wait for the disk.</summary>
    /// <exception cref="IOException">The folder cannot be read.</exception>
    public async ValueTask MeasureAsync(IReadOnlyList<FolderEntry> entries, CancellationToken cancellationToken)
    {
        var missed = await TryMeasureAsync(Unmeasured(entries), cancellationToken).ConfigureAwait(false);
        if (missed.Count == 0)
            return;

        // Renamed since the last look, or gone.
        await SynchronizeAsync(force: true, cancellationToken).ConfigureAwait(false);
        await TryMeasureAsync(Unmeasured(missed), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Measures all messages.</summary>
    /// <exception cref="IOException">The folder cannot be read.</exception>
    public ValueTask MeasureAllAsync(CancellationToken cancellationToken)
    {
        List<FolderEntry> all;
        lock (Gate)
            all = _entries.FindAll(entry => !entry.IsMeasured);
        return MeasureAsync(all, cancellationToken);
    }

    /// <summary>Looks for a file that was renamed since the last look; the look in the background then takes it up.</summary>
    public string? FindRenamed(FolderEntry entry)
    {
        Rescan.Ask();
        foreach (var path in Directory.EnumerateFiles(Place.Cur))
            if (MessageName.BaseOf(Path.GetFileName(path.AsSpan())).SequenceEqual(entry.BaseName))
                return path;
        return null;
    }

    private static List<FolderEntry> Unmeasured(IReadOnlyList<FolderEntry> entries)
    {
        List<FolderEntry> unmeasured = [];
        for (var i = 0; i < entries.Count; i++)
            if (!entries[i].IsMeasured && !entries[i].IsExpunged)
                unmeasured.Add(entries[i]);
        return unmeasured;
    }

    private async ValueTask<List<FolderEntry>> TryMeasureAsync(List<FolderEntry> entries, CancellationToken cancellationToken)
    {
        List<FolderEntry> missed = [];
        var next = 0;
        void Work()
        {
            for (int i; (i = Interlocked.Increment(ref next) - 1) < entries.Count && !cancellationToken.IsCancellationRequested;)
            {
                string path;
                lock (Gate)
                    path = entries[i].PathIn(Place);
                if (TryMeasure(entries[i], path))
                    continue;
                lock (missed)
                    missed.Add(entries[i]);
            }
        }

        var threads = Math.Min(MeasureThreads, entries.Count / MinMeasureBlock);
        if (threads <= 1)
            Work();
        else
            await Task.WhenAll(Enumerable.Range(0, threads).Select(_ => _store.Disk.RunAsync(Work))).ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
        return missed;
    }

    /// <summary>False when the file is not there.</summary>
    private bool TryMeasure(FolderEntry entry, string path)
    {
        var isThere = TryMeasure(entry, path, out var file);
        file?.Dispose();
        return isThere;
    }

    /// <summary>False when the file is not there. Gives it where it had to be opened.</summary>
    private bool TryMeasure(FolderEntry entry, string path, out SafeFileHandle? file)
    {
        file = null;
        try
        {
            // What a name says is a hint: programs copy names onto other files. With the right size on disk it is believed.
            var (fileSize, crlfSize) = SizesOf(entry);
            var hasOpenEnd = false;
            if (crlfSize < 0 || crlfSize < fileSize || FileFacts.Of(path) is not { Kind: FileKind.Regular } facts || facts.Length != fileSize || !RegularFile.MayRead(path))
            {
                file = DiskFile.Open(path, out facts);
                crlfSize = CrlfCounter.Count(file, facts.Length, out hasOpenEnd, CancellationToken.None);
            }

            lock (Gate)
            {
                entry.Measured(facts.Length, crlfSize, facts.ModifiedUtc.Ticks, hasOpenEnd);
                Unsaved(entry);
            }

            return true;
        }
        catch (Exception failure) when (DiskProblem.Is(failure))
        {
            file?.Dispose();
            file = null;
            return DiskProblem.IsOfTheMoment(failure) // it is there, and is measured when it is asked for next
                || TryPutNote(entry, path, failure);
        }
    }

    /// <summary>What the name says, or the line in the UID list; -1 where neither does.</summary>
    private static (long FileSize, long CrlfSize) SizesOf(FolderEntry entry)
    {
        var (fileSize, crlfSize) = MessageName.SizesOf(entry.BaseName);
        return crlfSize < 0 && entry.UidExtras.Length > 0 && new UidRecord(entry.Uid, entry.BaseName, entry.UidExtras) is var record
            && long.TryParse(record.Extra('W'), out var listed)
            ? (long.TryParse(record.Extra('S'), out var onDisk) ? onDisk : fileSize, listed)
            : (fileSize, crlfSize);
    }
}
