using MailServer.Posix;
using Microsoft.Extensions.Logging;

namespace MailServer.Storage;

/// <summary>Mail in Maildirs, one an account. The files are the truth; all else is built from them.</summary>
public sealed partial class MaildirStore : IMailStore, IAsyncDisposable
{
    private readonly StoreContext _store;
    private readonly FolderTable _folders;
    private readonly DirectoryWatcher _watcher;
    private readonly string _spool;
    private long _delivered;
    private int _isSwept;

    /// <summary>Opens the store; nothing is read before it is asked for.</summary>
    /// <param name="options">Where mail is kept.</param>
    /// <param name="watcher">Tells of changes from outside.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logging">Makes the store's logger.</param>
    public MaildirStore(StoreOptions options, DirectoryWatcher watcher, TimeProvider time, ILoggerFactory logging)
    {
        _store = new(options, time, logging.CreateLogger("MailServer.Storage"));
        (_folders, _watcher) = (new(_store, watcher), watcher);
        _spool = Path.Combine(options.DataDirectory, "spool");
    }

    /// <summary>
    /// Does once what sessions do, beside the mail, so that the first of them does not wait until the code is compiled. Takes some tenths of a
    /// second of a processor; leaves nothing behind.
    /// </summary>
    /// <param name="sessions">What else is to be done there, in a store whose only account is this one; it has some dozens of messages.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="IOException">The data directory cannot be written.</exception>
    public async ValueTask RehearseAsync(Func<MaildirStore, User, CancellationToken, ValueTask>? sessions, CancellationToken cancellationToken)
    {
        var rehearsal = new StoreRehearsal(_store.Options.DataDirectory, _watcher, _store.Time);
        await using (rehearsal.ConfigureAwait(false))
        {
            await rehearsal.RunAsync(cancellationToken).ConfigureAwait(false);
            if (sessions is not null)
                await sessions(rehearsal.Store, StoreRehearsal.Nobody, cancellationToken).ConfigureAwait(false);
        }
    }

    internal StoreContext Context => _store;

    internal FolderTable Folders => _folders;

    internal FolderPaths PathsOf(User user) => new(MaildirOf(user), _store.Options.Layout);

    /// <summary>For tests that let a server die.</summary>
    internal async ValueTask AbandonAsync()
    {
        await _store.Search.DisposeAsync().ConfigureAwait(false);
        await _folders.AbandonAsync().ConfigureAwait(false);
    }

    /// <summary>How folders lie in accounts.</summary>
    public MaildirLayout Layout => _store.Options.Layout;

    /// <summary>Where an account's Maildir is.</summary>
    public string MaildirOf(User user) => _store.Options.MaildirOf(user);

    /// <summary>Starts a message on its way in.</summary>
    /// <exception cref="IOException">The spool directory cannot be made.</exception>
    public SpoolFile CreateSpool()
    {
        _store.Maker.EnsureSpool(_spool);
        if (Interlocked.Exchange(ref _isSwept, 1) == 0)
            TmpSweep.Sweep(_spool, _store);
        return new(_store, _spool);
    }

    /// <summary>Puts a sealed message into a folder, which is made when it is not there. Durable when it returns a value.</summary>
    /// <param name="spool">The message, sealed.</param>
    /// <param name="user">Whose.</param>
    /// <param name="folder">Where.</param>
    /// <param name="flags">Its first flags.</param>
    /// <param name="cancellationToken">Gives up; then nothing is delivered.</param>
    public ValueTask<Outcome<StoredMessage>> DeliverAsync(
        SpoolFile spool, User user, FolderName folder, MessageFlags flags, CancellationToken cancellationToken) =>
        DeliverAsync(spool, user, folder, flags, isNotice: false, cancellationToken);

    /// <summary>Puts a sealed message of the server's own into INBOX, of a full account too. It counts, and leads to no warning.</summary>
    /// <param name="spool">The message, sealed.</param>
    /// <param name="user">Whose.</param>
    /// <param name="cancellationToken">Gives up; then nothing is delivered.</param>
    public ValueTask<Outcome<StoredMessage>> DeliverNoticeAsync(SpoolFile spool, User user, CancellationToken cancellationToken) =>
        DeliverAsync(spool, user, FolderName.Inbox, default, isNotice: true, cancellationToken);

    private async ValueTask<Outcome<StoredMessage>> DeliverAsync(
        SpoolFile spool, User user, FolderName folder, MessageFlags flags, bool isNotice, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(spool);
        if (spool.SealedPath is null)
            throw new InvalidOperationException("not sealed");
        cancellationToken.ThrowIfCancellationRequested();
        if (new FolderPaths(MaildirOf(user), _store.Options.Layout).PlaceOf(folder) is not { } place)
            return FolderProblem.Impossible;
        try
        {
            var baseName = _store.Names.Next(spool.FileSize, spool.CrlfSize, spool.HasOpenEnd);
            var letters = await LettersAsync(place, baseName, KeywordName.Allowed(flags), cancellationToken).ConfigureAwait(false);
            var quota = _store.Quotas.Of(place.Root, user);
            if (!isNotice && await quota.RefusesAsync(spool.FileSize, 1, cancellationToken).ConfigureAwait(false) is { } full)
                return full;
            _store.Journals.Of(place.Root).Outside.Expect(folder, baseName);
            var path = await new Deliverer(_store).DeliverAsync(spool, place, baseName, letters).ConfigureAwait(false);
            quota.Change(spool.FileSize, 1);
            if (!isNotice)
                quota.Arrived();
            Interlocked.Increment(ref _delivered);
            _folders.Touch(place.Path);
            return new StoredMessage { Path = path, Folder = folder };
        }
        catch (Exception failure) when (DiskProblem.Is(failure))
        {
            return _store.Failed("delivery", failure);
        }
    }

    /// <inheritdoc/>
    public ValueTask<Outcome<IMailAccount>> OpenAsync(User user, CancellationToken cancellationToken) =>
        OpenAsync(user, new Author { Kind = "server" }, cancellationToken);

    /// <inheritdoc/>
    public async ValueTask<Outcome<IMailAccount>> OpenAsync(User user, Author author, CancellationToken cancellationToken)
    {
        var paths = new FolderPaths(MaildirOf(user), _store.Options.Layout);
        try
        {
            await _store.Maker.EnsureAsync(paths.PlaceOf(FolderName.Inbox)!).ConfigureAwait(false);
            _store.Quotas.Of(paths.Root, user);
            _store.Journals.Of(paths.Root).Owner ??= user;
            return new MaildirAccount(_store, _folders, paths, user, author);
        }
        catch (Exception failure) when (DiskProblem.Is(failure))
        {
            return _store.Failed("opening an account", failure);
        }
    }

    /// <summary>A user's folders as they are on disk now, without opening the account.</summary>
    public Outcome<IReadOnlyList<FolderInfo>> ListFolders(User user)
    {
        try
        {
            return new Outcome<IReadOnlyList<FolderInfo>>(FolderList.Read(PathsOf(user), _store.Logger));
        }
        catch (Exception failure) when (DiskProblem.Is(failure))
        {
            return _store.Failed("listing folders", failure);
        }
    }

    /// <summary>Why a user's account cannot take a message of that size; null when it can.</summary>
    public ValueTask<Problem?> RefusesAsync(User user, long size, CancellationToken cancellationToken) =>
        _store.Quotas.Of(MaildirOf(user), user).RefusesAsync(size, 1, cancellationToken);

    /// <summary>Has owners told that their account has passed a threshold. The function writes to them, and returns false when it could not.</summary>
    public void WarnBy(Func<QuotaWarning, ValueTask<bool>> warn) => _store.Quotas.Warn = warn;

    /// <summary>Writes down what happened to a user's mail. Never fails.</summary>
    public void WriteJournal(User user, JournalEntry entry)
    {
        var journal = _store.Journals.Of(MaildirOf(user));
        journal.Owner ??= user;
        journal.Add(entry);
    }

    /// <summary>What the store is doing.</summary>
    public StoreStatus Status() => new()
    {
        OpenFolders = _folders.Count,
        OpenViews = _folders.Views,
        Delivered = Volatile.Read(ref _delivered),
        Failures = _store.Failures,
    };

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _store.Quotas.SettleAsync().ConfigureAwait(false);
        await _store.Search.DisposeAsync().ConfigureAwait(false);
        await _folders.CloseAsync().ConfigureAwait(false);
    }

    private async ValueTask<string> LettersAsync(FolderPlace place, string baseName, MessageFlags flags, CancellationToken cancellationToken)
    {
        if (flags.Keywords.Count == 0)
            return string.Concat(FlagLetters.Of(flags.System));
        await _store.Maker.EnsureAsync(place).ConfigureAwait(false);
        var folder = await _folders.AcquireAsync(place, cancellationToken).ConfigureAwait(false);
        try
        {
            return await folder.LettersForAsync(baseName, flags, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            await _folders.ReleaseAsync(folder).ConfigureAwait(false);
        }
    }
}
