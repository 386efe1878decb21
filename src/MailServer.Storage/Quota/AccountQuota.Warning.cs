namespace MailServer.Storage;

/// <summary>Tells the owner, once for each threshold, until the account has been below it again.</summary>
internal sealed partial class AccountQuota
{
    private int? _mark;

    /// <summary>The warning that is being written, or the last one.</summary>
    public Task Warning { get; private set; } = Task.CompletedTask;

    /// <summary>Mail has come in and is accounted for; whoever brought it waits for nothing here.</summary>
    public void Arrived()
    {
        if (store.Quotas.Warn is not { } warn || store.Options.QuotaWarnings.Count == 0 || Owner is not { } owner || Limit is not { HasLimit: true } limit)
            return;
        try
        {
            lock (_gate)
            {
                if (!Warning.IsCompleted)
                    return;
                if (Read(limit) is { } used)
                    Tell(warn, owner, limit, used);
                else
                    Warning = Start(() => CountAndTellAsync(warn, owner, limit)); // its first message: before that there was nothing to count
            }
        }
        catch (Exception failure) when (DiskProblem.Is(failure))
        {
            Log.QuotaFailed(store.Logger, root, failure.Message);
        }
    }

    /// <summary>The caller holds the gate.</summary>
    private void Tell(Func<QuotaWarning, ValueTask<bool>> warn, User owner, Quota limit, MaildirUse used)
    {
        var threshold = ThresholdOf(used, limit);
        if (threshold < Mark())
            SetMark(threshold);
        if (threshold > Mark())
            Warning = Start(() => WarnAsync(warn, new(owner, threshold, new() { Storage = used.Storage, Messages = used.Messages, Limit = limit })));
    }

    private async Task CountAndTellAsync(Func<QuotaWarning, ValueTask<bool>> warn, User owner, Quota limit)
    {
        if (await CountAsync(limit, CancellationToken.None).ConfigureAwait(false) is not { } used)
            return;
        Task told;
        lock (_gate)
        {
            Warning = Task.CompletedTask;
            Tell(warn, owner, limit, used);
            told = Warning;
        }

        await told.ConfigureAwait(false);
    }

    private static Task Start(Func<Task> work)
    {
        using (ExecutionContext.SuppressFlow())
            return Task.Run(work);
    }

    private async Task WarnAsync(Func<QuotaWarning, ValueTask<bool>> warn, QuotaWarning warning)
    {
        try
        {
            if (await warn(warning).ConfigureAwait(false))
                lock (_gate)
                    SetMark(warning.Threshold);
        }
#pragma warning disable CA1031 // nobody waits for it; the next message tries again
        catch (Exception failure)
#pragma warning restore CA1031
        {
            Log.QuotaFailed(store.Logger, root, failure.Message);
        }
    }

    /// <summary>The caller holds the gate.</summary>
    private void LowerMark()
    {
        if (Limit is { HasLimit: true } limit && Mark() > 0 && Read(limit) is { } used && ThresholdOf(used, limit) is var threshold && threshold < Mark())
            SetMark(threshold);
    }

    private int Mark() => _mark ??= QuotaMark.Read(root);

    private void SetMark(int mark)
    {
        // In memory first: on a disk that refuses it the owner is told once, and not with every message.
        _mark = mark;
        QuotaMark.Write(root, mark);
    }

    private int ThresholdOf(MaildirUse used, Quota limit)
    {
        var percent = used.PercentOf(limit);
        return store.Options.QuotaWarnings.Where(threshold => threshold <= percent).DefaultIfEmpty(0).Max();
    }
}
