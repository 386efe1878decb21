using MailServer.Extensibility;
using Microsoft.Extensions.Logging;

namespace MailServer.Pipeline;

/// <summary>
/// Mail for other servers: kept in plain files until the next server has it or its sender knows that it has not. What is in memory is a
/// schedule, made anew from the files at each start.
/// </summary>
public sealed partial class MailQueue : IAsyncDisposable
{
    /// <summary>How long a stop waits for answers to messages that are sent already: who is cut off there may get the message twice.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(10);

    /// <summary>How long a power cut may bring back what has been sent: one sync a second costs nothing beside two for each message.</summary>
    private static readonly TimeSpan SyncDelay = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private readonly QueueOptions _options;
    private readonly IRoles _roles;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly RetryPlan _plan;
    private readonly Dictionary<string, QueueEntry> _entries = new(StringComparer.Ordinal);
    private readonly PriorityQueue<(QueueEntry Entry, DateTimeOffset At), DateTimeOffset> _schedule = new();
    private readonly Dictionary<string, Destination> _destinations = new(StringComparer.Ordinal);
    private readonly Queue<Destination> _turns = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly HashSet<Task> _tries = [];
    private readonly ITimer _timer;
    private readonly ITimer _sync;
    private int _isSyncSet;
    private Task _loading = Task.CompletedTask;
    private StatusNotifier? _notifier;
    private LocalTransport? _local;
    private bool _isStarted;
    private bool _isDisposed;

    /// <summary>Makes a queue. Nothing is tried before <see cref="Start"/>.</summary>
    /// <param name="options">Where its files are, and how often mail is tried.</param>
    /// <param name="plugins">The transports.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logging">Makes the queue's logger.</param>
    public MailQueue(QueueOptions options, PluginManager plugins, TimeProvider time, ILoggerFactory logging)
        : this(options, new PluginRoles(plugins), time, logging)
    {
    }

    internal MailQueue(QueueOptions options, IRoles roles, TimeProvider time, ILoggerFactory logging)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(time);
        (_options, _roles, _time, _logger) = (options, roles, time, logging.CreateLogger("MailServer.Queue"));
        _plan = new(options);
        Folder = new(options.Directory);
        _sync = time.CreateTimer(static queue => ((MailQueue?)queue)?.SyncRemoved(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _timer = time.CreateTimer(static queue => ((MailQueue?)queue)?.Pump(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>The files.</summary>
    public QueueFolder Folder { get; }

    /// <summary>Whether senders of mail that is sent on become addresses of ours.</summary>
    internal bool RewritesSenders => _options.RewritesSenders;

    /// <summary>The file with the key of addresses that are rewritten.</summary>
    internal string RewritingKeyFile => Path.Combine(_options.Directory, "sender-key");

    /// <summary>Whether mail for other servers is taken: not without somebody who could send it.</summary>
    public bool IsOpen
    {
        get
        {
            using var transports = _roles.Lease<IOutgoingTransport>();
            return transports.Items.Count > 0;
        }
    }

    /// <summary>Completes when all that was queued at the start is in the schedule.</summary>
    public Task Loaded => _loading;

    /// <summary>Says who tells senders what became of their mail.</summary>
    internal void NotifyBy(StatusNotifier notifier) => _notifier = notifier;

    /// <summary>Says who takes mail for addresses of this server.</summary>
    internal void DeliverBy(LocalTransport local) => _local = local;

    private Ways WaysBy(RoleHold<IOutgoingTransport> transports) => new(transports.Items is [var first, ..] ? first.Instance : null, _local);

    /// <summary>Takes up what is queued, and begins to send. The files are read behind the caller's back.</summary>
    public void Start()
    {
        IReadOnlyList<string> ids = [];
        try
        {
            ids = Folder.Sweep();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Log.QueueUnreadable(_logger, _options.Directory, OneLine.Of(e));
        }

        lock (_lock)
            _isStarted = true;
        using (ExecutionContext.SuppressFlow())
            _loading = Task.Run(() => Load(ids), CancellationToken.None);
    }

    /// <summary>Begins to take a message: all that needs room on the disk. It is queued by <see cref="StagedMail.Commit"/>.</summary>
    /// <exception cref="IOException">There is no room.</exception>
    internal StagedMail Stage(QueuedMail mail, ISpool spool)
    {
        Folder.Prepare(mail.Id);
        spool.LinkTo(Folder.MessageOf(mail.Id));
        try
        {
            return new(this, mail, Folder.WriteDraft(mail));
        }
        catch
        {
            Posix.DurableFile.TryUnlink(Folder.MessageOf(mail.Id));
            throw;
        }
    }

    /// <summary>The envelope of a new message.</summary>
    /// <param name="id">Our name for it.</param>
    /// <param name="reversePath">Its sender.</param>
    /// <param name="recipients">Whom it is for.</param>
    /// <param name="until">Before when it is not sent (RFC 4865 §4); null for at once.</param>
    internal QueuedMail NewMail(string id, EmailAddress? reversePath, IEnumerable<EmailAddress> recipients, DateTimeOffset? until = null)
    {
        var now = _time.GetUtcNow();
        var due = until > now ? until.Value : now;
        return new()
        {
            Id = id,
            From = reversePath?.ToString() ?? "",
            To = [.. recipients.Select(recipient => new QueuedRecipient { Address = recipient.ToString() })],
            Arrived = now,
            Expires = due + _options.GiveUp,
            Next = due,
            Size = 0,
        };
    }

    /// <summary>Puts a message into the schedule that is in the files already.</summary>
    internal void Accept(QueuedMail mail)
    {
        lock (_lock)
        {
            Schedule(EntryOf(mail), mail.Next);
        }

        Pump();
    }

    /// <summary>What is queued, in numbers.</summary>
    public QueueStatus Status()
    {
        var now = _time.GetUtcNow();
        int count, held, running;
        QueueDown[] down;
        lock (_lock)
        {
            (count, held, running) = (_entries.Count, _entries.Values.Count(entry => entry.IsHeld), _tries.Count);
            down =
            [
                .. _destinations.Values.Where(destination => destination.DownUntil > now)
                    .OrderByDescending(destination => destination.Failures).Select(destination => new QueueDown(destination.Name, destination.DownUntil, destination.Reason ?? "")),
            ];
        }

        return new(count, held, running, Folder.CountAside(), IsOpen, down);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        Task[] tries;
        lock (_lock)
        {
            if (_isDisposed)
                return;
            (_isStarted, _isDisposed) = (false, true);
            tries = [.. _tries, _loading];
        }

        await _timer.DisposeAsync().ConfigureAwait(false);
        await _sync.DisposeAsync().ConfigureAwait(false);
        var all = Task.WhenAll(tries);
        await Task.WhenAny(all, Task.Delay(Grace, CancellationToken.None)).ConfigureAwait(false);
        await _stop.CancelAsync().ConfigureAwait(false);
        await all.ConfigureAwait(false);
        _stop.Dispose();
        SyncRemoved();
    }

    /// <summary>Removes a finished message. The disk knows of it a second later, with all that were finished meanwhile.</summary>
    private void Remove(string id)
    {
        Folder.Remove(id);
        if (Interlocked.Exchange(ref _isSyncSet, 1) == 0)
            _sync.Change(SyncDelay, Timeout.InfiniteTimeSpan);
    }

    private void SyncRemoved()
    {
        Interlocked.Exchange(ref _isSyncSet, 0);
        try
        {
            Folder.SyncRemoved();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Log.RemovalNotSynced(_logger, OneLine.Of(e));
        }
    }

    private void Load(IReadOnlyList<string> ids)
    {
        foreach (var id in ids)
        {
            if (_stop.IsCancellationRequested)
                return;
            if (Read(id) is not { } mail)
                continue;
            lock (_lock)
                if (!_entries.ContainsKey(id))
                    Schedule(EntryOf(mail), mail.Next);
        }

        if (ids.Count > 0)
            Log.QueueLoaded(_logger, ids.Count);
        Pump();
    }

    /// <summary>Reads a message's envelope. What cannot be read is set aside, and the rest goes on.</summary>
    private QueuedMail? Read(string id)
    {
        try
        {
            if (Folder.Read(id) is not { } mail)
                return null;
            if (File.Exists(Folder.MessageOf(id)))
                return mail;
            SetAside(id, "its message is not there");
        }
        catch (InvalidDataException e)
        {
            SetAside(id, OneLine.Of(e));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The disk may come to its senses; it is tried again at the next start.
            Log.QueueFileUnreadable(_logger, id, OneLine.Of(e));
        }

        return null;
    }

    private void SetAside(string id, string reason)
    {
        Log.QueueFileSetAside(_logger, id, Folder.AsideDirectory, reason);
        try
        {
            Folder.SetAside(id);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Log.QueueFileUnreadable(_logger, id, OneLine.Of(e));
        }
    }

    private QueueEntry EntryOf(QueuedMail mail)
    {
        var entry = new QueueEntry(mail.Id) { Sender = mail.ReversePath, Priority = mail.Priority, Expires = mail.Expires, IsHeld = mail.IsHeld };
        Refresh(entry, mail);
        return _entries[mail.Id] = entry;
    }

    private void Refresh(QueueEntry entry, QueuedMail mail)
    {
        entry.Domains = [.. mail.Waiting.Select(recipient => QueuedMail.AddressOf(recipient.Address).Domain).Distinct()];
        entry.TellDelay = mail.IsDelayTold || mail.From.Length == 0 || _options.DelayNotice <= TimeSpan.Zero ? DateTimeOffset.MaxValue : mail.Due + _options.DelayNotice;
    }
}

/// <summary>What is queued, in numbers.</summary>
/// <param name="Messages">Messages in the queue.</param>
/// <param name="Held">Of them those that wait for somebody to release them.</param>
/// <param name="Running">Tries under way.</param>
/// <param name="Aside">Files that could not be read.</param>
/// <param name="IsOpen">Whether a plugin can send mail.</param>
/// <param name="Down">Destinations that are left alone for now.</param>
public sealed record QueueStatus(int Messages, int Held, int Running, int Aside, bool IsOpen, IReadOnlyList<QueueDown> Down);

/// <summary>A destination where nobody could be reached.</summary>
/// <param name="Destination">Its name.</param>
/// <param name="Until">Until when it is left alone.</param>
/// <param name="Reason">What happened.</param>
public sealed record QueueDown(string Destination, DateTimeOffset Until, string Reason);
