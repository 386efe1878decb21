namespace MailServer.Storage;

/// <summary>What an account's journal teaches about junk.</summary>
public sealed partial class MaildirStore
{
    /// <summary>Lessons after which it is written down how far the journal was read: what a killed server may tell twice.</summary>
    private const int LessonsKept = 64;

    /// <summary>Has a function told when an account's journal has a line that may teach. It must be quick.</summary>
    public void TaughtBy(Action<User> taught) => _store.Journals.Taught = taught;

    /// <summary>Reads lessons that the journal has had since it was last read for them, by this server or one before.</summary>
    /// <param name="user">Whose.</param>
    /// <param name="folders">The folders it is about.</param>
    /// <param name="teach">Takes one: the lesson, and whether it is taken back.</param>
    /// <param name="cancellationToken">Gives up; the rest waits for the next time.</param>
    /// <exception cref="IOException">The journal cannot be read.</exception>
    public async ValueTask<Problem?> TeachAsync(User user, LessonFolders folders, Func<IJunkLesson, bool, ValueTask> teach, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(folders);
        ArgumentNullException.ThrowIfNull(teach);
        var root = MaildirOf(user);
        if (!Directory.Exists(root))
            return null;
        var follower = new JournalFollower(root);
        ChangeFolders? open = null;
        try
        {
            var taught = 0;
            foreach (var entry in follower.Entries())
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (LessonLine.Of(entry, folders) is not { } line)
                    continue;
                if (open is null && !(await ChangeFolders.OpenAsync(this, user, new() { Kind = "server" }, FolderAccess.ReadOnly, cancellationToken).ConfigureAwait(false)).TryGet(out open, out var problem))
                    return problem;
                await teach(new JunkLesson(user, line, open, entry.Folder!, entry.Message!), line.IsTakenBack).ConfigureAwait(false);
                if (++taught % LessonsKept == 0)
                    follower.Keep();
            }

            follower.Keep();
            return null;
        }
        finally
        {
            if (open is not null)
                await open.DisposeAsync().ConfigureAwait(false);
        }
    }

    private sealed class JunkLesson(User user, LessonLine line, ChangeFolders folders, string folder, string message) : IJunkLesson
    {
        public User User => user;

        public string EmailId => line.EmailId;

        public bool IsJunk => line.IsJunk;

        public JunkTeacher Teacher => line.Teacher;

        public async ValueTask<IMessageContent?> OpenAsync(CancellationToken cancellationToken)
        {
            var found = await folders.FolderAsync(folder, cancellationToken).ConfigureAwait(false);
            return found.Folder?.SequenceOf(message) is > 0 and var sequence
                && (await found.Folder.View.OpenMessageAsync(sequence, cancellationToken).ConfigureAwait(false)).TryGet(out var content, out _)
                ? content
                : null;
        }
    }
}
