using MailServer.Posix;

namespace MailServer.Storage;

/// <summary>
/// Changes of the directories by our own hand, which need no look at them: a look at a large folder takes as long as a thousand changes. Both
/// ways by which others' changes are noticed must be told apart from ours: the directories' times and the watcher's events.
/// </summary>
internal sealed partial class SharedFolder
{
    /// <summary>What the watcher of <c>new</c> will tell of us.</summary>
    public ExpectedEvents ExpectedInNew { get; } = new();

    /// <summary>What the watcher of <c>cur</c> will tell of us.</summary>
    public ExpectedEvents ExpectedInCur { get; } = new();

    /// <summary>Renames a message's file.</summary>
    /// <exception cref="PosixException">It is not there, or the new name is taken, or the disk failed.</exception>
    private void MoveFile(FoundFile from, FoundFile to)
    {
        EventsOf(from).Expect(NameChange.MovedAway, from.Name);
        EventsOf(to).Expect(NameChange.MovedHere, to.Name);
        var isOne = false;
        try
        {
            isOne = DurableFile.RenameNoReplace(from.PathIn(Place), to.PathIn(Place));
        }
        finally
        {
            if (!isOne)
            {
                TakeBack(from, NameChange.MovedAway);
                TakeBack(to, NameChange.MovedHere);
            }
        }
    }

    /// <summary>Gives a complete file in <c>tmp</c> its name.</summary>
    /// <exception cref="PosixException">The name is taken, or the disk failed.</exception>
    private void PlaceFile(string draft, FoundFile to)
    {
        EventsOf(to).Expect(NameChange.MovedHere, to.Name);
        var isOne = false;
        try
        {
            isOne = DurableFile.RenameNoReplace(draft, to.PathIn(Place));
        }
        finally
        {
            if (!isOne)
                TakeBack(to, NameChange.MovedHere);
        }
    }

    /// <summary>Removes a message's file. False when it is not there.</summary>
    /// <exception cref="PosixException">The disk failed.</exception>
    private bool RemoveFile(FoundFile file)
    {
        EventsOf(file).Expect(NameChange.Removed, file.Name);
        var isRemoved = false;
        try
        {
            return isRemoved = DurableFile.Unlink(file.PathIn(Place));
        }
        finally
        {
            if (!isRemoved)
                TakeBack(file, NameChange.Removed);
        }
    }

    private ExpectedEvents EventsOf(FoundFile file) => file.InNew ? ExpectedInNew : ExpectedInCur;

    /// <summary>An event that came although we changed nothing was another program's.</summary>
    private void TakeBack(FoundFile file, NameChange change)
    {
        if (!EventsOf(file).TakeBack(change, file.Name))
            Rescan.Ask();
    }

    /// <summary>
    /// While it lives, the directories change by our own hand. If nothing else had changed before, nothing needs to be looked at after;
    /// a change of others in between is told by the watcher, which looks in any case.
    /// </summary>
    private readonly struct OwnChange : IDisposable
    {
        private readonly SharedFolder _folder;
        private readonly bool _wasFresh;

        public OwnChange(SharedFolder folder) => (_folder, _wasFresh) = (folder, folder._isSettled && folder._seenTimes == FolderTimes.Of(folder.Place));

        public void Dispose()
        {
            if (_wasFresh && !_folder.IsRetired)
                _folder._seenTimes = FolderTimes.Of(_folder.Place);
        }
    }
}
