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
        if (_isCommitted)
            throw new InvalidOperationException("committed already");
        _isCommitted = true;
        var date = _date ?? _store.Time.GetUtcNow();
        if (await _spool.SealWithDateAsync(default, date, cancellationToken).ConfigureAwait(false) is { } problem)
            return problem;
        if (await _store.Quotas.Of(_place.Root).RefusesAsync(_spool.FileSize, 1, cancellationToken).ConfigureAwait(false) is { } full)
            return full;
        SharedFolder? folder = null;
        try
        {
            folder = await _table.AcquireAsync(_place, cancellationToken).ConfigureAwait(false);
            var path = _spool.SealedPath!;
            var arrival = new Arrival(_store.Names.Next(_spool.FileSize, _spool.CrlfSize, _spool.HasOpenEnd), path, _flags,
                _spool.FileSize, _spool.CrlfSize, File.GetLastWriteTimeUtc(path).Ticks)
            {
                HasOpenEnd = _spool.HasOpenEnd,
                MessageId = Journal.IsOn ? MessageIdField.In(path) : null,
            };
            if (await folder.EnterAsync([arrival], cancellationToken).ConfigureAwait(false) is not [var uid])
                return Problem.NoSuchFolder;
            Tell(arrival, uid);
            _store.Quotas.Of(_place.Root).Arrived();
            return new AppendResult { UidValidity = folder.UidValidity, Uid = uid };
        }
        catch (Exception failure) when (DiskProblem.Is(failure))
        {
            return _store.Failed("adding a message", failure);
        }
        finally
        {
            if (folder is not null)
                await _table.ReleaseAsync(folder).ConfigureAwait(false);
        }
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
