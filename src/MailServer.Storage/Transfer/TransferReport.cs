namespace MailServer.Storage;

/// <summary>What an import or an export has done.</summary>
public sealed class TransferReport
{
    /// <summary>Messages named in a report: more than anybody reads, few enough to keep.</summary>
    private const int MaxNamed = 1000;

    private readonly List<TransferredFolder> _folders = [];
    private readonly List<SkippedMessage> _skipped = [];

    /// <summary>Folders in the order in which they were done.</summary>
    public IReadOnlyList<TransferredFolder> Folders => _folders;

    /// <summary>Messages and files that were not taken, with the reason; a thousand at most.</summary>
    public IReadOnlyList<SkippedMessage> Skipped => _skipped;

    /// <summary>How many were not taken.</summary>
    public int SkippedCount { get; private set; }

    /// <summary>How many of them should have been: they cannot be read, or not be written.</summary>
    public int Faults { get; private set; }

    /// <summary>Whether all was done.</summary>
    public bool IsWhole => Problem is null && Faults == 0;

    /// <summary>Messages taken.</summary>
    public int Added => _folders.Sum(folder => folder.Added);

    /// <summary>Messages that the target had already.</summary>
    public int AlreadyThere => _folders.Sum(folder => folder.AlreadyThere);

    /// <summary>Files that hold no mail.</summary>
    public int OtherFiles { get; internal set; }

    /// <summary>Why it has ended before its end; null when it has not.</summary>
    public Problem? Problem { get; internal set; }

    internal TransferredFolder Of(FolderName folder)
    {
        if (_folders.Find(known => known.Folder == folder) is { } known)
            return known;
        _folders.Add(new(folder));
        return _folders[^1];
    }

    internal void Skip(string origin, string reason, bool isFault = true)
    {
        SkippedCount++;
        Faults += isFault ? 1 : 0;
        if (_skipped.Count < MaxNamed)
            _skipped.Add(new(origin, reason));
    }
}

/// <summary>What came into, or out of, one folder.</summary>
/// <param name="folder">Which.</param>
public sealed class TransferredFolder(FolderName folder)
{
    /// <summary>Which.</summary>
    public FolderName Folder { get; } = folder;

    /// <summary>Messages taken.</summary>
    public int Added { get; internal set; }

    /// <summary>Messages that the target had already.</summary>
    public int AlreadyThere { get; internal set; }
}

/// <summary>A message that was not taken.</summary>
/// <param name="Origin">Where it is.</param>
/// <param name="Reason">Why it was not.</param>
public sealed record SkippedMessage(string Origin, string Reason);

/// <summary>How far a transfer is.</summary>
/// <param name="Done">Octets done.</param>
/// <param name="Total">Octets in all.</param>
/// <param name="Messages">Messages done.</param>
/// <param name="Folder">The folder at hand.</param>
public readonly record struct TransferProgress(long Done, long Total, long Messages, FolderName Folder);
