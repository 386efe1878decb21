namespace MailServer.Storage;

/// <summary>What is to be taken back.</summary>
public sealed record UndoPlan
{
    /// <summary>The changes that take it back, newest first.</summary>
    public required IReadOnlyList<MailChange> Changes { get; init; }

    /// <summary>What cannot be taken back, by reason.</summary>
    public IReadOnlyDictionary<string, int> Skips { get; init; } = new Dictionary<string, int>();

    /// <summary>Takes back all that a run did: of <c>rules apply</c>, or of an undo.</summary>
    /// <param name="root">The account's Maildir.</param>
    /// <param name="id">The run's name.</param>
    /// <returns>Null when there is no such run.</returns>
    /// <exception cref="IOException">The record cannot be read.</exception>
    public static UndoPlan? OfRun(string root, string id) =>
        ChangeRun.Read(root, id) is { } changes ? new() { Changes = [.. changes.Reverse().Select(change => change.Inverse())] } : null;

    /// <summary>Takes back what a rule did, at deliveries and in runs.</summary>
    /// <param name="root">The account's Maildir.</param>
    /// <param name="rule">Which rule.</param>
    /// <param name="since">From when.</param>
    /// <param name="until">Until when; null for now.</param>
    /// <exception cref="IOException">The journal or a record cannot be read.</exception>
    public static UndoPlan OfRule(string root, UndoRule rule, DateTimeOffset since, DateTimeOffset? until)
    {
        List<MailChange> changes = [];
        foreach (var record in Enumerable.Reverse(RunRecord.All(root)).Where(record => record.Head.Kind == "apply" && record.Head.Time >= since && !(record.Head.Time >= until)))
            for (var number = record.Changes.Count - 1; number >= 0; number--)
                if (record.IsDone(number) && record.Changes[number] is { Why: { } why } change && rule.Is(why))
                    changes.Add(change.Inverse());

        var deliveries = new UndoDeliveries(rule);
        foreach (var entry in new JournalReader(root) { Since = since, Until = until }.Backward())
            deliveries.Take(entry);
        deliveries.Plan(changes);
        return new() { Changes = changes, Skips = deliveries.Skips };
    }

    /// <summary>Does it.</summary>
    /// <param name="run">The run, open.</param>
    /// <param name="progress">Is told how far it is; may be null.</param>
    /// <param name="cancellationToken">Stops between two messages; the same undo goes on.</param>
    public async ValueTask<Problem?> RunAsync(ChangeRun run, IProgress<TransferProgress>? progress, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(run);
        foreach (var (reason, count) in Skips)
            for (var i = 0; i < count; i++)
                run.Skip(reason);
        for (var i = 0; i < Changes.Count; i++)
        {
            progress?.Report(new(i, Changes.Count, i, new(Changes[i].Folder)));
            if (await run.AddAsync(Changes[i], cancellationToken).ConfigureAwait(false) is { } problem)
                return problem;
        }

        return await run.FinishAsync(cancellationToken).ConfigureAwait(false);
    }
}

/// <summary>A rule whose work is to be taken back.</summary>
/// <param name="File">The script's file name, or a plugin rule's name.</param>
/// <param name="Line">Its line; null for all.</param>
/// <param name="IsOwn">Whether the account's own script is meant, and not an administrator's of that name.</param>
public sealed record UndoRule(string File, int? Line = null, bool IsOwn = false)
{
    internal bool Is(JournalStep step) => step.Rule == File && step.IsOwn == IsOwn && (Line is null || step.Line == Line);
}
