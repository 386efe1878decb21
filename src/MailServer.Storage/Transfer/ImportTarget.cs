namespace MailServer.Storage;

/// <summary>A folder that an import fills, some messages at a time: their files are synced at once, and the folder once for all of them.</summary>
internal sealed class ImportTarget : IAsyncDisposable
{
    /// <summary>Messages that come in together: enough for the disk to answer many syncs with one, few enough to hold in memory.</summary>
    private const int BatchSize = 64;

    private readonly MaildirStore _store;
    private readonly ImportRecord _record;
    private readonly ImportOptions _options;
    private readonly TransferredFolder _report;
    private readonly FolderPlace? _place;
    private readonly List<Incoming> _batch = [];
    private AccountQuota? _quota;
    private SharedFolder? _folder;
    private KnownContent? _known;

    private ImportTarget(MaildirStore store, FolderPlace? place, ImportRecord record, ImportOptions options, TransferredFolder report) =>
        (_store, _place, _record, _options, _report) = (store, place, record, options, report);

    /// <summary>Why nothing can be brought in; null when it can.</summary>
    public Problem? Problem { get; private set; }

    /// <summary>Opens a folder, which is made and subscribed to when it is not there. A dry run makes none.</summary>
    public static async ValueTask<ImportTarget> OpenAsync(
        MaildirStore store, User user, FolderName folder, ImportRecord record, ImportOptions options, TransferredFolder report, CancellationToken cancellationToken)
    {
        var target = new ImportTarget(store, store.PathsOf(user).PlaceOf(folder), record, options, report);
        if (target._place is null)
            target.Problem = FolderProblem.Impossible;
        else
        {
            target._quota = store.Context.Quotas.Of(target._place.Root, user);
            target.Problem = await target.OpenAsync(user, cancellationToken).ConfigureAwait(false);
        }

        return target;
    }

    /// <summary>Where the next message is to be written.</summary>
    public SpoolFile NewSpool() => new(_store.Context, _options.IsDryRun ? Path.GetTempPath() : _place!.Tmp);

    /// <summary>Takes a message, unless it is there already. The spool is the target's from here on.</summary>
    public async ValueTask<Problem?> AddAsync(SpoolFile spool, SourceMessage message, CancellationToken cancellationToken)
    {
        try
        {
            ContentHash content;
            var octets = spool.OpenWhole();
            await using (octets.ConfigureAwait(false))
                content = ContentHash.Of(octets);
            var origin = ContentHash.Of(message.Origin + "\0" + content);
            if (await IsThereAsync(content, origin, spool.Size, cancellationToken).ConfigureAwait(false))
                _report.AlreadyThere++;
            else if (_options.IsDryRun)
                _report.Added++;
            else
            {
                _batch.Add(new(spool, message, new(content, origin, _store.Context.Names.Next(), _place!.Name)));
                return _batch.Count < BatchSize ? null : await FlushAsync(cancellationToken).ConfigureAwait(false);
            }
        }
        catch (Exception failure) when (DiskProblem.Is(failure))
        {
            Problem = _store.Context.Failed("importing a message", failure);
        }

        await spool.DisposeAsync().ConfigureAwait(false);
        return Problem;
    }

    /// <summary>Brings in what was taken. Durable when it returns null.</summary>
    public async ValueTask<Problem?> FlushAsync(CancellationToken cancellationToken)
    {
        if (_batch.Count == 0 || Problem is not null)
            return Problem;
        try
        {
            var full = _options.IgnoresQuota ? null : await CutToRoomAsync(cancellationToken).ConfigureAwait(false);
            Problem = _batch.Count == 0 ? null : await EnterAsync(cancellationToken).ConfigureAwait(false);
            if (Problem is null)
                _report.Added += _batch.Count;
            Problem ??= full;
        }
        catch (Exception failure) when (DiskProblem.Is(failure))
        {
            Problem = _store.Context.Failed("importing messages", failure);
        }

        await ClearAsync().ConfigureAwait(false);
        return Problem;
    }

    public async ValueTask DisposeAsync()
    {
        await ClearAsync().ConfigureAwait(false);
        if (_folder is not null)
            await _store.Folders.ReleaseAsync(_folder).ConfigureAwait(false);
    }

    private async ValueTask<Problem?> OpenAsync(User user, CancellationToken cancellationToken)
    {
        try
        {
            if (!Directory.Exists(_place!.Cur))
            {
                if (_options.IsDryRun)
                    return null;
                if (await MakeAsync(user, cancellationToken).ConfigureAwait(false) is { } problem)
                    return problem;
            }

            if (!_options.IsDryRun)
                await _store.Context.Maker.EnsureAsync(_place).ConfigureAwait(false);
            _folder = await _store.Folders.AcquireAsync(_place, cancellationToken).ConfigureAwait(false);
            _known = _options.KeepDuplicates ? null : await KnownContent.OfAsync(_folder, cancellationToken).ConfigureAwait(false);
            return null;
        }
        catch (Exception failure) when (DiskProblem.Is(failure))
        {
            return _store.Context.Failed("opening a folder to import into", failure);
        }
    }

    /// <summary>Many clients show only folders that are subscribed to.</summary>
    private async ValueTask<Problem?> MakeAsync(User user, CancellationToken cancellationToken)
    {
        var opened = await _store.OpenAsync(user, cancellationToken).ConfigureAwait(false);
        if (!opened.TryGet(out var account, out var problem))
            return problem;
        await using (account.ConfigureAwait(false))
            return _place!.Name.IsInbox ? null
                : await account.CreateAsync(_place.Name, null, cancellationToken).ConfigureAwait(false) is { Reason: not ProblemReason.AlreadyExists } failed ? failed
                : await account.SetSubscribedAsync(_place.Name, subscribed: true, cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask<bool> IsThereAsync(ContentHash content, ContentHash origin, long crlfSize, CancellationToken cancellationToken)
    {
        if (_options.KeepDuplicates)
            return !_options.Again && _record.HasOrigin(origin, _place!.Name);
        var isThere = _known is not null && await _known.HasAsync(content, crlfSize, cancellationToken).ConfigureAwait(false);
        return isThere || (!_options.Again && _record.HasContent(content, _place!.Name));
    }

    /// <summary>Keeps of the batch what the account has room for. Sizes are those with CRLF, which are somewhat larger than on disk.</summary>
    /// <returns>Why the rest is not taken; null when there is none.</returns>
    private async ValueTask<Problem?> CutToRoomAsync(CancellationToken cancellationToken)
    {
        if (await RefusesAsync(_batch.Count).ConfigureAwait(false) is not { } full)
            return null;
        var fitting = 0;
        while (fitting < _batch.Count && await RefusesAsync(fitting + 1).ConfigureAwait(false) is null)
            fitting++;
        foreach (var incoming in _batch.Skip(fitting))
            await incoming.Spool.DisposeAsync().ConfigureAwait(false);
        _batch.RemoveRange(fitting, _batch.Count - fitting);
        return full;

        ValueTask<Problem?> RefusesAsync(int count) =>
            _quota!.RefusesAsync(_batch.Take(count).Sum(incoming => incoming.Spool.Size), count, cancellationToken);
    }

    /// <summary>The order makes the promise: files and the record are durable, then names are given, then it counts as done.</summary>
    private async ValueTask<Problem?> EnterAsync(CancellationToken cancellationToken)
    {
        var announced = _store.Context.Disk.RunAsync(() => _record.Announce(_batch.Select(incoming => incoming.Line)));
        var sealing = _batch.ConvertAll(incoming => incoming.Spool.SealWithDateAsync(default, incoming.Message.Date, cancellationToken).AsTask());
        await announced.ConfigureAwait(false);
        foreach (var problem in await Task.WhenAll(sealing).ConfigureAwait(false))
            if (problem is not null)
                return problem;
        _store.Context.Reached("import announced");
        var arrivals = _batch.ConvertAll(ArrivalOf);
        var uids = await _folder!.EnterAsync(arrivals, cancellationToken).ConfigureAwait(false);
        if (uids is null && await ReopenAsync(cancellationToken).ConfigureAwait(false))
            uids = await _folder.EnterAsync(arrivals, cancellationToken).ConfigureAwait(false);
        if (uids is null)
            return Problem.NoSuchFolder;
        _store.Context.Reached("import entered");
        _record.Settle();
        Journal.Add([.. arrivals.Zip(uids, EntryOf)]);
        return null;
    }

    /// <summary>The folder was numbered anew, or renamed away, meanwhile.</summary>
    private async ValueTask<bool> ReopenAsync(CancellationToken cancellationToken)
    {
        await _store.Folders.ReleaseAsync(_folder!).ConfigureAwait(false);
        _folder = null;
        if (!Directory.Exists(_place!.Tmp))
            return false;
        _folder = await _store.Folders.AcquireAsync(_place, cancellationToken).ConfigureAwait(false);
        return true;
    }

    private Arrival ArrivalOf(Incoming incoming)
    {
        var spool = incoming.Spool;
        var baseName = UniqueNames.WithSizes(incoming.Line.Name, spool.FileSize, spool.CrlfSize, spool.HasOpenEnd);
        return new(baseName, spool.SealedPath!, incoming.Message.Flags, spool.FileSize, spool.CrlfSize, File.GetLastWriteTimeUtc(spool.SealedPath!).Ticks)
        {
            HasOpenEnd = spool.HasOpenEnd,
            MessageId = Journal.IsOn ? MessageIdField.In(spool.SealedPath!) : null,
        };
    }

    private Journal Journal => _store.Context.Journals.Of(_place!.Root);

    private JournalEntry EntryOf(Arrival arrival, uint uid) => new()
    {
        Event = JournalEvents.Appended,
        By = "command",
        Session = "store import",
        Folder = _place!.Name.Value,
        Message = arrival.BaseName,
        MessageId = arrival.MessageId,
        Uid = uid,
        Flags = JournalText.Words(arrival.Flags.System, arrival.Flags.Keywords),
    };

    private async ValueTask ClearAsync()
    {
        foreach (var incoming in _batch)
            await incoming.Spool.DisposeAsync().ConfigureAwait(false);
        _batch.Clear();
    }

    private readonly record struct Incoming(SpoolFile Spool, SourceMessage Message, ImportLine Line);
}
