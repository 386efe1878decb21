using System.Security.Cryptography;
using Microsoft.Extensions.Logging;

namespace MailServer.Pipeline;

/// <summary>
/// Puts the copies into folders. Nothing is acknowledged that is not on disk: when one recipient's copy cannot be stored the peer is told to
/// try again, and at the next try those who have theirs are passed over.
/// </summary>
internal sealed class DeliverStage(IDeliveryStore store, IDeliveryObserver? observer, TimeProvider time, ILogger logger)
{
    // Each copy waits for its disk; more at once bring nothing on one disk and could starve other messages.
    private const int MaxAtOnce = 8;

    private readonly PartialDeliveries _partial = new(time);

    /// <summary>Delivers; null means that every copy is on disk.</summary>
    public async ValueTask<Problem?> DeliverAsync(
        Envelope envelope, SpooledMessage message, ISpool spool, byte[] topFields, IReadOnlyList<Recipient> recipients, IReadOnlyList<Delivery> deliveries, long started)
    {
        var plan = new DeliveryTargets(recipients, deliveries, flag => Log.BadFlag(logger, message.Id, flag));
        if (await SealAsync(message.Id, spool, topFields, plan).ConfigureAwait(false) is { } unsealed)
            return unsealed;

        var key = _partial.IsEmpty ? null : await KeyAsync(envelope, spool).ConfigureAwait(false);
        if (key is not null)
            plan.PassOver(_partial.Find(key));

        await WriteAllAsync(message.Id, spool, plan).ConfigureAwait(false);
        for (var i = 0; i < recipients.Count; i++)
            Report(envelope, message, recipients[i], plan.OutcomeOf(i), started);
        return await ConcludeAsync(message.Id, envelope, spool, plan, key).ConfigureAwait(false);
    }

    /// <summary>Delivers where each recipient has its own answer: null for those whose copy is on disk. A rule's refusal is one.</summary>
    public async ValueTask<IReadOnlyList<Problem?>> DeliverEachAsync(
        Envelope envelope, SpooledMessage message, ISpool spool, byte[] topFields, IReadOnlyList<Recipient> recipients, IReadOnlyList<Delivery> deliveries, long started)
    {
        var plan = new DeliveryTargets(recipients, deliveries, flag => Log.BadFlag(logger, message.Id, flag));
        if (await SealAsync(message.Id, spool, topFields, plan).ConfigureAwait(false) is { } unsealed)
            return [.. Enumerable.Repeat(unsealed, recipients.Count)];
        await WriteAllAsync(message.Id, spool, plan).ConfigureAwait(false);
        var answers = new Problem?[recipients.Count];
        for (var i = 0; i < answers.Length; i++)
        {
            var outcome = plan.OutcomeOf(i);
            // Some of its copies may be there: it is asked to come again for the others, which is a copy too many and none too few.
            answers[i] = outcome.Problem ?? Refusals.OfAll([deliveries[i]]);
            Report(envelope, message, recipients[i], outcome with { Problem = answers[i] }, started);
        }

        return answers;
    }

    private async ValueTask<Problem?> SealAsync(string id, ISpool spool, byte[] topFields, DeliveryTargets plan)
    {
        // From here on nothing is given up half-way: the peer's going away is no reason, for it would send the message again.
        if (plan.Copies.Count == 0 || spool.IsSealed || await spool.SealAsync(topFields, CancellationToken.None).ConfigureAwait(false) is not { } unsealed)
            return null;
        Log.StepFailed(logger, id, "writing the message", unsealed.Text);
        return unsealed with { Status = unsealed.Status with { Class = 4 } };
    }

    private async ValueTask WriteAllAsync(string id, ISpool spool, DeliveryTargets plan)
    {
        await WriteAsync(id, spool, plan.Open).ConfigureAwait(false);
        plan.FallBack((folder, account, problem) => Log.FolderUnusable(logger, id, folder, account, problem.Text));
        await WriteAsync(id, spool, plan.Open).ConfigureAwait(false);
    }

    /// <summary>Tells that nobody takes the message.</summary>
    public void Refuse(
        Envelope envelope, SpooledMessage message, IReadOnlyList<Recipient> recipients, IReadOnlyList<Delivery> deliveries, Problem refusal, long started)
    {
        for (var i = 0; i < recipients.Count; i++)
            Report(envelope, message, recipients[i], (deliveries[i], [], refusal), started);
    }

    /// <summary>Tells that a message is queued for others, for its sender's journal.</summary>
    public void Queued(Envelope envelope, SpooledMessage message, User account, IReadOnlyList<EmailAddress> targets, long started)
    {
        var step = new DeliveryStep { Rule = "queue", Action = targets.Count == 1 ? $"queued for <{targets[0]}>" : $"queued for <{targets[0]}> and {targets.Count - 1} more" };
        Tell(envelope, message, new() { Address = targets[0], Account = account }, (new() { Folder = null, Steps = [step] }, [], null), started, isQueued: true);
    }

    private async ValueTask WriteAsync(string id, ISpool spool, List<Copy> copies)
    {
        if (copies.Count == 0)
            return;
        // The first alone: it may become the file that the others are links to.
        await WriteOneAsync(id, spool, copies[0]).ConfigureAwait(false);
        if (copies.Count > 1)
            await Parallel.ForEachAsync(copies.Skip(1), new ParallelOptions { MaxDegreeOfParallelism = MaxAtOnce }, (copy, _) => WriteOneAsync(id, spool, copy)).ConfigureAwait(false);
    }

    private async ValueTask WriteOneAsync(string id, ISpool spool, Copy copy)
    {
#pragma warning disable CA1031 // whatever happens to one copy must not keep the others from being written and accounted for
        try
        {
            var written = await store.DeliverAsync(spool, copy.User, copy.Target.Folder, copy.Flags, CancellationToken.None).ConfigureAwait(false);
            if (written.TryGet(out var path, out var problem))
                copy.Path = path;
            else
                copy.Problem = problem;
        }
        catch (Exception e)
        {
            copy.Problem = Problem.Unavailable;
            Log.StepFailed(logger, id, $"writing to {copy.Target.Folder} of {copy.Target.Account}", OneLine.Of(e));
        }
#pragma warning restore CA1031
    }

    private void Report(Envelope envelope, SpooledMessage message, Recipient recipient, (Delivery Delivery, List<(FolderName Folder, string Path)> Written, Problem? Problem) outcome, long started)
    {
        var deciding = DeliveryReport.DecidingOf(outcome.Delivery);
        if (outcome is { Problem: { } reason, Delivery.Refusal: not null })
            Log.RefusedByRule(logger, message.Id, recipient.Address, deciding is null ? "" : $" by {deciding.Rule}({deciding.Line})", reason.Text);
        else if (outcome.Problem is { } problem)
            Log.NotDelivered(logger, message.Id, recipient.Address, problem.Text);
        else if (logger.IsEnabled(LogLevel.Information))
            Log.Delivered(logger, message.Id, recipient.Address, recipient.Account.Address, Folders(outcome.Delivery), deciding is null ? "" : $" by {deciding.Rule}({deciding.Line})");
        Tell(envelope, message, recipient, outcome, started, isQueued: false);
    }

    private void Tell(
        Envelope envelope, SpooledMessage message, Recipient recipient, (Delivery Delivery, List<(FolderName Folder, string Path)> Written, Problem? Problem) outcome, long started, bool isQueued)
    {
        if (observer is null)
            return;
#pragma warning disable CA1031 // a journal that fails must not lose mail or send it twice
        try
        {
            observer.Delivered(new()
            {
                MessageId = message.Id,
                Envelope = envelope,
                Recipient = recipient,
                Delivery = outcome.Delivery,
                Paths = outcome.Written.ConvertAll(written => written.Path),
                Written = outcome.Written,
                MessageIdField = message.Header("Message-ID")?.Trim(),
                Findings = message.Prepended,
                Problem = outcome.Problem,
                IsQueued = isQueued,
                Size = message.Size,
                JunkScore = message.JunkScore,
                Elapsed = time.GetElapsedTime(started),
            });
        }
        catch (Exception e)
        {
            Log.ObserverFailed(logger, message.Id, OneLine.Of(e));
        }
#pragma warning restore CA1031
    }

    private async ValueTask<Problem?> ConcludeAsync(string id, Envelope envelope, ISpool spool, DeliveryTargets plan, string? key)
    {
        if (plan.FirstProblem is not { } problem)
        {
            if (key is not null)
                _partial.Remove(key);
            return null;
        }

        var done = plan.Done.ToList();
        if (done.Count == 0)
            return problem;

        if ((key ?? await KeyAsync(envelope, spool).ConfigureAwait(false)) is { } name)
            _partial.Add(name, done);
        Log.PartlyDelivered(logger, id, done.Count, plan.Copies.Count);
        // A final no would be a lie to those who have it, and final for those who have not.
        return problem with { Status = problem.Status with { Class = 4 } };
    }

    /// <summary>What makes a message the same when it comes again: its sender and its octets.</summary>
    private static async ValueTask<string?> KeyAsync(Envelope envelope, ISpool spool)
    {
        try
        {
            var file = spool.OpenRead();
            await using (file.ConfigureAwait(false))
                return $"{envelope.ReversePath} {Convert.ToHexStringLower(await SHA256.HashDataAsync(file, CancellationToken.None).ConfigureAwait(false))}";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static string Folders(Delivery delivery) =>
        (delivery.Folder, delivery.Redirects.Count) switch
    {
        (null, 0) => "discarded",
        (null, _) => $"sent on to {string.Join(", ", delivery.Redirects)}",
        ({ } folder, _) => string.Join(", ", delivery.Copies.Prepend(folder).Select(name => OneLine.Of(name.Value)).Concat(delivery.Redirects.Select(address => $"sent on to {address}"))),
    };
}
