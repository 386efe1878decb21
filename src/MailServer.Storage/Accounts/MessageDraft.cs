using System.IO.Pipelines;

namespace MailServer.Storage;

/// <summary>A message that a client adds: spooled in the folder's own <c>tmp</c>.</summary>
internal sealed class MessageDraft : IMessageDraft
{
    private readonly StoreContext _store;
    private readonly FolderTable _table;
    private readonly FolderPlace _place;
    private readonly MessageFlags _flags;
    private readonly DateTimeOffset? _date;
    private readonly Author _author;
    private readonly SpoolFile _spool;
    private bool _isCommitted;

    public MessageDraft(StoreContext store, FolderTable table, FolderPlace place, MessageFlags flags, DateTimeOffset? date, Author author)
    {
        (_store, _table, _place, _flags, _date, _author) = (store, table, place, flags, date, author);
        _spool = new(store, place.Tmp);
    }

    public PipeWriter Body => _spool.Writer;

    public async ValueTask<Outcome<AppendResult>> CommitAsync(CancellationToken cancellationToken)
    {
        var stored = await CommitAsync([this], default, cancellationToken).ConfigureAwait(false);
        return stored.TryGet(out var results, out var problem) ? results[0] : problem;
    }

    /// <summary>Stores drafts of one folder, all or none.</summary>
    /// <param name="drafts">Which.</param>
    /// <param name="leaving">What goes when they are there: octets and messages.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async ValueTask<Outcome<IReadOnlyList<AppendResult>>> CommitAsync(
        IReadOnlyList<MessageDraft> drafts, (long Octets, int Messages) leaving, CancellationToken cancellationToken)
    {
        var (store, table, place) = (drafts[0]._store, drafts[0]._table, drafts[0]._place);
        foreach (var draft in drafts)
            if (await draft.SealAsync(cancellationToken).ConfigureAwait(false) is { } problem)
                return problem;

        // What makes an account no fuller is never too much.
        var (octets, messages) = (Math.Max(0, drafts.Sum(draft => draft._spool.FileSize) - leaving.Octets), Math.Max(0, drafts.Count - leaving.Messages));
        if (octets + messages > 0 && await store.Quotas.Of(place.Root).RefusesAsync(octets, messages, cancellationToken).ConfigureAwait(false) is { } full)
            return full;
        SharedFolder? folder = null;
        try
        {
            folder = await table.AcquireAsync(place, cancellationToken).ConfigureAwait(false);
            List<Arrival> arrivals = [.. drafts.Select(draft => draft.ToArrival())];
            if (await folder.EnterAsync(arrivals, cancellationToken).ConfigureAwait(false) is not { } uids)
                return Problem.NoSuchFolder;
            for (var i = 0; i < uids.Count; i++)
                drafts[i].Tell(arrivals[i], uids[i]);
            store.Quotas.Of(place.Root).Arrived();
            return uids.Select(uid => new AppendResult { UidValidity = folder.UidValidity, Uid = uid }).ToList();
        }
        catch (Exception failure) when (DiskProblem.Is(failure))
        {
            return store.Failed("adding a message", failure);
        }
        finally
        {
            if (folder is not null)
                await table.ReleaseAsync(folder).ConfigureAwait(false);
        }
    }

    private async ValueTask<Problem?> SealAsync(CancellationToken cancellationToken)
    {
        if (_isCommitted)
            throw new InvalidOperationException("committed already");
        _isCommitted = true;
        return await _spool.SealWithDateAsync(default, _date ?? _store.Time.GetUtcNow(), cancellationToken).ConfigureAwait(false);
    }

    private Arrival ToArrival()
    {
        var path = _spool.SealedPath!;
        return new(_store.Names.Next(_spool.FileSize, _spool.CrlfSize, _spool.HasOpenEnd), path, _flags,
            _spool.FileSize, _spool.CrlfSize, File.GetLastWriteTimeUtc(path).Ticks)
        {
            HasOpenEnd = _spool.HasOpenEnd,
            MessageId = Journal.IsOn ? MessageIdField.In(path) : null,
        };
    }

    private Journal Journal => _store.Journals.Of(_place.Root);

    private void Tell(Arrival arrival, uint uid) => Journal.Add(new JournalEntry
    {
        Event = JournalEvents.Appended,
        Folder = _place.Name.Value,
        Message = arrival.BaseName,
        MessageId = arrival.MessageId,
        Uid = uid,
        Flags = JournalText.Words(_flags.System, _flags.Keywords),
    }.WrittenBy(_author));

    public ValueTask DisposeAsync() => _spool.DisposeAsync();
}
