namespace MailServer.Storage;

/// <summary>What a run is asked for.</summary>
public sealed record RunOptions
{
    /// <summary><c>apply</c> or <c>undo</c>.</summary>
    public required string Kind { get; init; }

    /// <summary>What was asked for. The same words go on with a run that was broken off.</summary>
    public required string Words { get; init; }

    /// <summary>Whether only to say what would be done.</summary>
    public bool IsDryRun { get; init; }
}

/// <summary>
/// Changes many messages of an account, beside a server that runs or without one. It can be broken off at any point and asked for again: each
/// change is written down with all its names before it is done, and whoever comes next first does to the end what was written down.
/// </summary>
public sealed class ChangeRun : IAsyncDisposable
{
    /// <summary>The file that a run holds while it is at work.</summary>
    public const string LockName = "mailserver-runs";

    /// <summary>Changes that are made together: enough for a folder to be synced once for many, few enough to do again.</summary>
    private const int BatchSize = 64;

    private readonly MaildirStore _store;
    private readonly RunOptions _options;
    private readonly ChangeFolders _folders;
    private readonly RunRecord? _record;
    private readonly FileStream? _lock;
    private readonly List<MailChange> _batch = [];
    private readonly List<MailChange> _planned = [];
    private readonly Dictionary<string, int> _skips = new(StringComparer.Ordinal);

    // Of a run that goes on: what it has been at before.
    private readonly HashSet<(string Folder, string Message)> _known;

    private ChangeRun(MaildirStore store, RunOptions options, ChangeFolders folders, RunRecord? record, FileStream? held) =>
        (_store, _options, _folders, _record, _lock, _known) = (store, options, folders, record, held, [.. record?.Changes.Select(change => (change.Folder, change.Message)) ?? []]);

    /// <summary>The run's name, by which it can be undone; null of a dry run, and of one that has nothing to change.</summary>
    public string? Id => _record is { Changes.Count: > 0 } record ? record.Head.Id : null;

    /// <summary>Messages changed, or of a dry run to be changed.</summary>
    public int Done { get; private set; }

    /// <summary>Messages left alone, by reason.</summary>
    public IReadOnlyDictionary<string, int> Skips => _skips;

    /// <summary>Why it stopped before the end; null when it did not.</summary>
    public Problem? Problem { get; private set; }

    /// <summary>What was changed, or of a dry run would be.</summary>
    public IReadOnlyList<MailChange> Changes => _planned;

    /// <summary>Opens a run. What an earlier one has left half done is done to the end first.</summary>
    /// <exception cref="IOException">Another run is at work on the account, or the records cannot be read or written.</exception>
    public static async ValueTask<Outcome<ChangeRun>> OpenAsync(MaildirStore store, User user, RunOptions options, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(options);
        var root = store.MaildirOf(user);
        if (options.IsDryRun)
            return await ChangeFolders.OpenAsync(store, user, new() { Kind = "command" }, FolderAccess.ReadOnly, cancellationToken).ConfigureAwait(false) is var dry && dry.TryGet(out var looked, out var no)
                ? new ChangeRun(store, options, looked, null, null)
                : no;
        if ((await store.OpenAsync(user, cancellationToken).ConfigureAwait(false)).Problem is { } problem)
            return problem;

        var held = ExclusiveFile.Open(Path.Combine(root, LockName), "another run is at work on this account");
        RunRecord? record = null;
        try
        {
            var records = RunRecord.All(root);
            foreach (var earlier in records.Where(earlier => !earlier.IsEnded))
                using (earlier)
                    if (await SettleAsync(store, user, earlier, cancellationToken).ConfigureAwait(false) is { } left)
                        return left;
            record = records.Find(earlier => !earlier.IsEnded && earlier.Head.Kind == options.Kind && earlier.Head.Words == options.Words);
            foreach (var broken in records.Where(earlier => !earlier.IsEnded && earlier != record))
                using (broken)
                    broken.End();
            record ??= RunRecord.Begin(root, options.Kind, options.Words, store.Context.Time.GetUtcNow());
            var opened = await ChangeFolders.OpenAsync(store, user, AuthorOf(record.Head), FolderAccess.ReadWrite, cancellationToken).ConfigureAwait(false);
            if (!opened.TryGet(out var folders, out var closed))
                return closed;
            var run = new ChangeRun(store, options, folders, record, held);
            (record, held) = (null, null);
            return run;
        }
        finally
        {
            record?.Dispose();
            held?.Dispose();
        }
    }

    /// <summary>The runs of an account, oldest first.</summary>
    /// <exception cref="IOException">They cannot be read.</exception>
    public static IReadOnlyList<RunHead> List(string root) => [.. RunRecord.All(root).Select(record => record.Head)];

    /// <summary>What a run has done, in order; null when there is no such run.</summary>
    /// <exception cref="IOException">The record cannot be read.</exception>
    public static IReadOnlyList<MailChange>? Read(string root, string id) =>
        RunRecord.All(root).Find(record => record.Head.Id == id) is { } found
            ? [.. Enumerable.Range(0, found.Changes.Count).Where(found.IsDone).Select(number => found.Changes[number])]
            : null;

    /// <summary>Takes a change; what it names is looked up, and it is done with others at once.</summary>
    /// <returns>Why the run cannot go on, or null.</returns>
    public async ValueTask<Problem?> AddAsync(MailChange change, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(change);
        cancellationToken.ThrowIfCancellationRequested();
        if (Problem is not null || _known.Contains((change.Folder, change.Message)))
            return Problem;
        var planned = await _folders.PlanAsync(change, makes: !_options.IsDryRun, cancellationToken).ConfigureAwait(false);
        if (planned.Skip is { } reason)
            Skip(reason);
        else if (planned.Problem is { } problem)
            Problem = problem;
        else if (planned.Change is { } ready)
        {
            if (_options.IsDryRun)
                Count(ready);
            else
                _batch.Add(ready);
        }

        return _batch.Count < BatchSize ? Problem : await FlushAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Says of a message that it is left alone.</summary>
    /// <param name="reason">A word of <see cref="ChangeSkips"/>.</param>
    public void Skip(string reason) => _skips[reason] = _skips.GetValueOrDefault(reason) + 1;

    /// <summary>Does what was taken, and ends the run.</summary>
    public async ValueTask<Problem?> FinishAsync(CancellationToken cancellationToken)
    {
        if (await FlushAsync(cancellationToken).ConfigureAwait(false) is { } problem || _record is null)
            return Problem;
        if (_record.Changes.Count == 0)
            _record.Drop();
        else
            _record.End();
        return null;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _folders.DisposeAsync().ConfigureAwait(false);
        _record?.Dispose();
        _lock?.Dispose();
    }

    private async ValueTask<Problem?> FlushAsync(CancellationToken cancellationToken)
    {
        if (_batch.Count == 0 || Problem is not null)
            return Problem;
        try
        {
            var first = _record!.Plan(_batch);
            _store.Context.Reached("changes planned");
            var steps = new ChangeSteps(_folders, isAgain: false);
            Problem = await steps.RunAsync(_batch, cancellationToken).ConfigureAwait(false);
            _store.Context.Reached("changes done");
            _record.Settle(steps.Outcomes.ToDictionary(outcome => first + outcome.Key, outcome => outcome.Value));
            foreach (var (number, skip) in steps.Outcomes)
                if (skip is null)
                    Count(_batch[number]);
                else
                    Skip(skip);
        }
        catch (Exception failure) when (DiskProblem.Is(failure))
        {
            Problem = _store.Context.Failed("changing messages", failure);
        }

        _batch.Clear();
        return Problem;
    }

    private void Count(MailChange change)
    {
        Done++;
        _planned.Add(change);
    }

    private static Author AuthorOf(RunHead head) => new() { Kind = head.Kind == "apply" ? "rule" : "command", Session = $"{head.Kind} {head.Id}" };

    /// <summary>Does to the end what a run has written down and not seen done.</summary>
    private static async ValueTask<Problem?> SettleAsync(MaildirStore store, User user, RunRecord record, CancellationToken cancellationToken)
    {
        var open = record.Open;
        if (open.Count == 0)
            return null;
        var opened = await ChangeFolders.OpenAsync(store, user, AuthorOf(record.Head), FolderAccess.ReadWrite, cancellationToken).ConfigureAwait(false);
        if (!opened.TryGet(out var folders, out var problem))
            return problem;
        await using (folders.ConfigureAwait(false))
        {
            var steps = new ChangeSteps(folders, isAgain: true);
            var left = await steps.RunAsync([.. open.Select(number => record.Changes[number])], cancellationToken).ConfigureAwait(false);
            record.Settle(steps.Outcomes.ToDictionary(outcome => open[outcome.Key], outcome => outcome.Value));
            return left;
        }
    }
}
