using System.IO.Pipelines;
using System.Text;
using MailServer.Rules;
using Microsoft.Extensions.Logging;

namespace MailServer.Pipeline;

/// <summary>The pipeline's parts, shared by all messages.</summary>
internal sealed record PipelineParts(
    PipelineOptions Options, IDeliveryStore Store, FilterStage Filters, RecipientResolver Resolver, AliasStage Aliases, SendingLimit SendingLimit, RuleStage Rules, DeliverStage Deliver, SendStage Send, NotesFiles Notes, MailQueue? Queue, StatusNotifier? Notifier, TimeProvider Time, ILogger Logger);

/// <summary>One message on its way through the stages.</summary>
internal sealed class MailTransaction(PipelineParts parts, Envelope envelope, string id, Verdict sofar, Problem? senderProblem) : IMailTransaction
{
    private static readonly Problem TooBig = new(new(5, 3, 4), "Message too big") { Reason = ProblemReason.LimitReached };
    private static readonly Problem Loops = new(new(5, 4, 6), "Too many hops, the message goes in circles") { Reason = ProblemReason.LimitReached };
    private static readonly Problem TooMany = new(new(4, 5, 3), "Too many recipients") { Reason = ProblemReason.LimitReached };
    private static readonly Problem NotHere = new(new(5, 1, 2), "Mail to an address literal is not sent") { Reason = ProblemReason.Impossible };
    private static readonly Problem NotSent = new(new(4, 3, 5), "Mail for this address cannot be passed on now") { Reason = ProblemReason.Unavailable };
    private static readonly Problem NoRecipients = new(new(5, 5, 1), "No valid recipients");

    private readonly List<Recipient> _recipients = [];
    private readonly List<Verdict> _verdicts = [];
    private readonly Dictionary<(EmailAddress Account, string? Detail), int> _known = [];
    private readonly List<IReadOnlyList<int>> _accepted = [];
    private readonly List<QueuedRecipient> _expanded = [];
    private readonly List<QueuedRecipient> _asked = [];
    private readonly List<QueuedRecipient> _elsewhere = [];
    private readonly HashSet<EmailAddress> _namedElsewhere = [];
    private ISpool? _spool;
    private LimitedWriter? _body;
    private bool _isCommitted;
    private int _taken;

    public string Id => id;

    public Problem? SenderProblem => senderProblem;

    public PipeWriter Body => _body ??= OpenBody();

    public ValueTask<Problem?> AddRecipientAsync(EmailAddress recipient, CancellationToken cancellationToken) =>
        AddRecipientAsync(recipient, RecipientTerms.None, cancellationToken);

    public async ValueTask<Problem?> AddRecipientAsync(EmailAddress recipient, RecipientTerms terms, CancellationToken cancellationToken)
    {
        if (senderProblem is not null)
            return senderProblem;
        var problem = _recipients.Count + _elsewhere.Count >= parts.Options.MaxRecipients ? TooMany
            : envelope.User is { } sender ? await AddForAsync(sender, recipient, terms, cancellationToken).ConfigureAwait(false)
            : await AddAsync(recipient, terms, cancellationToken).ConfigureAwait(false);
        if (problem is not null)
            Log.RecipientRefused(parts.Logger, envelope.Connection.Id, id, recipient, problem.Status, problem.Text);
        return problem;
    }

    public async ValueTask<Problem?> CommitAsync(CancellationToken cancellationToken)
    {
        if (_isCommitted)
            throw new InvalidOperationException("a message is committed once");
        _isCommitted = true;
        var (problem, _) = await RunAsync(isEach: false, cancellationToken).ConfigureAwait(false);
        Tell(problem);
        return problem;
    }

    public async ValueTask<IReadOnlyList<Problem?>> CommitEachAsync(int count, CancellationToken cancellationToken)
    {
        if (_isCommitted)
            throw new InvalidOperationException("a message is committed once");
        _isCommitted = true;
        var (problem, each) = await RunAsync(isEach: true, cancellationToken).ConfigureAwait(false);
        Tell(problem);
        if (each is null || _accepted.Count != count)
            return [.. Enumerable.Repeat(problem, count)];
        // Whose address stands for several is asked to come again as long as one of them has no copy.
        return [.. _accepted.Select(places => places.Select(place => each[place]).FirstOrDefault(own => own is not null))];
    }

    private void Tell(Problem? problem)
    {
        if (problem is not null)
            Log.Refused(parts.Logger, envelope.Connection.Id, id, envelope.ReversePath, Recipients, problem.Status, problem.Text);
    }

    public async ValueTask DisposeAsync()
    {
        // What was not sent does not count.
        if (envelope.User is { } sender)
            GiveBack(sender, _taken);
        if (_spool is not null)
            await _spool.DisposeAsync().ConfigureAwait(false);
        _spool = null;
    }

    // A log line is for reading: the first few, and how many there are.
    private string Recipients => (_recipients.Count + _elsewhere.Count) switch
    {
        0 => "nobody",
        <= 3 => string.Join(", ", Addresses.Select(address => $"<{address}>")),
        var count => $"<{Addresses.First()}> and {count - 1} more",
    };

    private IEnumerable<EmailAddress> Addresses => _recipients.Select(recipient => recipient.Address).Concat(Elsewhere);

    private IEnumerable<EmailAddress> Elsewhere => _elsewhere.Select(recipient => QueuedMail.AddressOf(recipient.Address));

    /// <summary>Adds a recipient of mail that a user sends: as long as it may send to so many.</summary>
    private async ValueTask<Problem?> AddForAsync(User sender, EmailAddress address, RecipientTerms terms, CancellationToken cancellationToken)
    {
        if (parts.SendingLimit.TryTake(sender.Address) is { } reached)
            return reached;
        _taken++;
        var problem = await AddAsync(address, terms, cancellationToken).ConfigureAwait(false);
        if (problem is not null)
            GiveBack(sender, 1);
        return problem;
    }

    private void GiveBack(User sender, int count)
    {
        parts.SendingLimit.GiveBack(sender.Address, count);
        _taken -= count;
    }

    private async ValueTask<Problem?> AddAsync(EmailAddress address, RecipientTerms terms, CancellationToken cancellationToken)
    {
        // Never for a peer that is nobody here: that would be an open relay.
        if (envelope.User is not null && parts.Queue is { IsOpen: true } && parts.Resolver.IsElsewhere(address))
            return await AddElsewhereAsync(address, terms, cancellationToken).ConfigureAwait(false);
        // What comes back of mail that was sent on: its sender's address is one of ours that stands for another (see SenderRewriting).
        if (envelope.ReversePath is null && !parts.Resolver.IsElsewhere(address) && parts.Send.OriginalOf(address) is { } original)
            return !parts.Resolver.IsElsewhere(original) ? await AddAsync(original, terms, cancellationToken).ConfigureAwait(false)
                : parts.Queue is { IsOpen: true } ? await AddElsewhereAsync(original, terms, cancellationToken).ConfigureAwait(false)
                : Problem.Unavailable;
        var found = await parts.Aliases.FindAsync(address, envelope.User is not null, cancellationToken).ConfigureAwait(false);
        if (!found.TryGet(out var destinations, out var problem))
            return problem;
        if (destinations.Elsewhere.Count > 0 && parts.Queue is not { IsOpen: true })
            return NotSent;
        foreach (var recipient in destinations.Here)
            if (await parts.Store.RefusesAsync(recipient.Account, envelope.AnnouncedSize ?? 0, cancellationToken).ConfigureAwait(false) is { } full)
                return full;
        var verdict = await parts.Filters
            .AskAsync("recipient", id, (filter, token) => filter.OnRecipientAsync(envelope, address, token), null, cancellationToken).ConfigureAwait(false);
        if (verdict.Problem is not null)
            return verdict.Problem;

        Take(address, destinations, terms, verdict);
        return null;
    }

    private void Take(EmailAddress address, Destinations destinations, RecipientTerms terms, Verdict verdict)
    {
        var asked = terms;
        if (destinations.Here.Count + destinations.Elsewhere.Count > 1 && terms.Notify is { } notify && notify.HasFlag(NotifyOn.Success))
        {
            // RFC 3461 §5.2.7.3: one notice that it stands for others, and no more from those.
            _expanded.Add(new() { Address = address.ToString(), Terms = terms });
            terms = terms with { Notify = notify & ~NotifyOn.Success };
        }

        var places = new List<int>();
        foreach (var recipient in destinations.Here)
        {
            // Named twice, it gets one copy; named with another detail, the rules may send it elsewhere.
            if (_known.TryAdd((recipient.Account.Address, recipient.Detail), _recipients.Count))
            {
                _recipients.Add(recipient with { Terms = terms });
                _verdicts.Add(verdict);
            }

            places.Add(_known[(recipient.Account.Address, recipient.Detail)]);
        }

        _accepted.Add(places);
        _asked.Add(new() { Address = address.ToString(), Terms = asked == RecipientTerms.None ? null : asked });
        foreach (var target in destinations.Elsewhere)
            if (_namedElsewhere.Add(target))
                _elsewhere.Add(new() { Address = target.ToString(), Terms = terms with { OriginalRecipient = terms.OriginalRecipient ?? OriginalOf(address) } });
    }

    private static string? OriginalOf(EmailAddress address) =>
        Ascii.IsValid(address.LocalPart) && Ascii.IsValid(address.Domain) ? $"rfc822;{TraceStage.Quote(address)}" : $"utf-8;{TraceStage.Quote(address)}";

    private async ValueTask<Problem?> AddElsewhereAsync(EmailAddress address, RecipientTerms terms, CancellationToken cancellationToken)
    {
        if (address.Domain.StartsWith('['))
            return NotHere;
        var verdict = await parts.Filters
            .AskAsync("recipient", id, (filter, token) => filter.OnRecipientAsync(envelope, address, token), null, cancellationToken).ConfigureAwait(false);
        if (verdict.Problem is not null)
            return verdict.Problem;
        var recipient = new QueuedRecipient { Address = address.ToString(), Terms = terms == RecipientTerms.None ? null : terms };
        _accepted.Add([]);
        _asked.Add(recipient);
        if (_namedElsewhere.Add(address))
            _elsewhere.Add(recipient);
        return null;
    }

    private LimitedWriter OpenBody()
    {
        try
        {
            _spool = parts.Store.CreateSpool();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Log.StepFailed(parts.Logger, id, "opening a file for the message", OneLine.Of(e));
        }

        return new(_spool?.Writer, parts.Options.MaxMessageSize);
    }

    /// <summary>The whole road. Where <paramref name="isEach"/> is set and there are answers for each of the recipients here, the problem is null.</summary>
    private async ValueTask<(Problem? Problem, IReadOnlyList<Problem?>? Each)> RunAsync(bool isEach, CancellationToken cancellationToken)
    {
        var started = parts.Time.GetTimestamp();
        var received = parts.Time.GetUtcNow();
        var (read, unreadable) = await ReadAsync(cancellationToken).ConfigureAwait(false);
        if (read is not var (spool, header))
            return (unreadable, null);

        var message = new SpooledMessage(id, spool, header) { JunkScore = sofar.Score };
        var verdict = sofar.With(await parts.Filters.AskAsync(
            "message", id, (filter, token) => filter.OnMessageAsync(envelope, message, token), answer => message.JunkScore += answer.Score, cancellationToken).ConfigureAwait(false));
        // What the rules see is what the journal writes down, so that they see it again when they are asked once more.
        if (verdict.Action == VerdictAction.Quarantine)
            message.JunkScore = Math.Max(message.JunkScore, RuleStage.JunkThreshold);
        message.Seal();
        if (verdict.Problem is not null)
            return (verdict.Problem, null);

        if (envelope.User is not null && envelope.Terms.HoldUntil > received)
            return (await HoldAsync(spool, message, received).ConfigureAwait(false), null);

        var notes = new MessageNotes(parts.Store, parts.Notes);
        var deliveries = await parts.Rules.DecideAsync(
            envelope, message, _recipients, _verdicts, verdict.Action == VerdictAction.Quarantine, received, notes, cancellationToken).ConfigureAwait(false);
        deliveries = parts.Send.Possible(message, _recipients, deliveries);
        if (!isEach && _elsewhere.Count == 0 && Refusals.OfAll(deliveries) is { } refusal)
        {
            parts.Deliver.Refuse(envelope, message, _recipients, deliveries, refusal, started);
            return (refusal, null);
        }

        var fields = TraceStage.Compose(
            envelope, message, parts.Options.Server.Hostname, _recipients.Count + _elsewhere.Count == 1 ? Addresses.First() : null, received);
        var (staged, unqueued) = await StageAsync(spool, message, fields).ConfigureAwait(false);
        using var queued = staged;
        if (unqueued is not null)
            return (unqueued, null);
        var (redirects, decided) = await parts.Send.StageAsync(envelope, message, fields, _recipients, isEach ? deliveries : Refusals.Keep(deliveries)).ConfigureAwait(false);
        using var redirected = new StagedMails(redirects);
        var (problem, each) = isEach
            ? (null, await parts.Deliver.DeliverEachAsync(envelope, message, spool, fields, _recipients, decided, started).ConfigureAwait(false))
            : (await parts.Deliver.DeliverAsync(envelope, message, spool, fields, _recipients, decided, started).ConfigureAwait(false), (IReadOnlyList<Problem?>?)null);
        problem ??= Queue(queued, redirected);
        if (problem is not null)
            return (problem, null);
        _taken = 0;
        if (_elsewhere.Count > 0 && envelope.User is { } sender)
            parts.Deliver.Queued(envelope, message, sender, [.. Elsewhere], started);
        await parts.Send.AnswerAsync(
            id, envelope.ReversePath, _recipients, decided,
            i => new Mail(parts.Rules.SourceOf(envelope, message, _verdicts[i], verdict.Action == VerdictAction.Quarantine, received)), notes).ConfigureAwait(false);
        notes.Commit();
        await KeepSentAsync(spool).ConfigureAwait(false);
        if (verdict.Action != VerdictAction.Quarantine)
            await TellOfSuccessAsync(spool, message, each).ConfigureAwait(false);
        if (parts.Logger.IsEnabled(LogLevel.Information))
            Log.Accepted(parts.Logger, envelope.Connection.Id, id, envelope.ReversePath, Recipients, message.Size, message.JunkScore);
        return (null, each);
    }

    /// <summary>The message as it is to go on, with its header, or why it cannot.</summary>
    private async ValueTask<((ISpool Spool, HeaderBlock Header)? Read, Problem? Problem)> ReadAsync(CancellationToken cancellationToken)
    {
        if (senderProblem is not null)
            return (null, senderProblem);
        if (_recipients.Count + _elsewhere.Count == 0)
            return (null, NoRecipients);
        await Body.CompleteAsync().ConfigureAwait(false);
        if (_body is { IsOver: true })
            return (null, TooBig);
        if (_spool is null || await ReadHeaderAsync(_spool, cancellationToken).ConfigureAwait(false) is not { } header)
            return (null, Problem.Unavailable);
        if (header.Count("Received"u8) > parts.Options.MaxHops)
            return (null, Loops);
        if (envelope.User is not null && BlindCopies.AreIn(header))
        {
            if (await HideBlindCopiesAsync(_spool, header, cancellationToken).ConfigureAwait(false) is not { } without)
                return (null, Problem.Unavailable);
            header = without;
        }

        return ((_spool, header), null);
    }

    /// <summary>Puts a copy into the sender's folder for sent mail, where the configuration has the server do it. It is sent all the same where that fails.</summary>
    private async ValueTask KeepSentAsync(ISpool spool)
    {
        if (envelope.User is not { } user || !parts.Options.KeepsSent(user.Address) || !spool.IsSealed)
            return;
        var folder = parts.Store.FoldersOf(user).FirstOrDefault(folder => folder is { SpecialUse: "\\Sent", IsSelectable: true })?.Name ?? new FolderName("Sent");
        try
        {
            var kept = await parts.Store.DeliverAsync(spool, user, folder, SystemFlags.Seen, CancellationToken.None).ConfigureAwait(false);
            if (kept.Problem is { } problem)
                Log.StepFailed(parts.Logger, id, "keeping a copy of what was sent", problem.Text);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Log.StepFailed(parts.Logger, id, "keeping a copy of what was sent", OneLine.Of(e));
        }
    }

    /// <summary>Queues a message for all its recipients, those here too, until its time has come (RFC 4865 §4). Then it comes to them as from another server.</summary>
    private async ValueTask<Problem?> HoldAsync(ISpool spool, SpooledMessage message, DateTimeOffset received)
    {
        if (parts.Queue is not { } queue || envelope.Terms.HoldUntil is not { } until)
            return NotSent;
        var (staged, problem) = await StageAsync(
            queue, [.. _asked.DistinctBy(recipient => recipient.Address)], spool, message,
            TraceStage.Compose(envelope, message, parts.Options.Server.Hostname, null, received), until).ConfigureAwait(false);
        using var queued = staged;
        problem ??= Queue(queued, new([]));
        if (problem is not null)
            return problem;
        _taken = 0;
        await KeepSentAsync(spool).ConfigureAwait(false);
        return null;
    }

    /// <summary>Puts into the queue's folder what goes elsewhere, before anybody here gets a copy: a disk without room must not lead to doubles.</summary>
    private async ValueTask<(StagedMail? Mail, Problem? Problem)> StageAsync(ISpool spool, SpooledMessage message, byte[] fields) =>
        _elsewhere.Count == 0 || parts.Queue is not { } queue ? (null, null) : await StageAsync(queue, [.. _elsewhere], spool, message, fields, null).ConfigureAwait(false);

    private async ValueTask<(StagedMail? Mail, Problem? Problem)> StageAsync(
        MailQueue queue, QueuedRecipient[] recipients, ISpool spool, SpooledMessage message, byte[] fields, DateTimeOffset? until)
    {
        if (await spool.SealAsync(fields, CancellationToken.None).ConfigureAwait(false) is { } unsealed)
            return (null, unsealed with { Status = unsealed.Status with { Class = 4 } });
        // RFC 5321 §4.4: the Return-Path, our first field, is for the final delivery alone.
        var skip = fields.AsSpan().IndexOf((byte)'\n') + 1;
        // From who is nobody here all of it came to aliases of ours.
        var sender = envelope.User is null ? parts.Send.SenderOf(envelope.ReversePath, QueuedMail.AddressOf(_asked[0].Address).Domain) : envelope.ReversePath;
        var mail = queue.NewMail(id, sender, [], until) with
        {
            To = recipients,
            Terms = envelope.Terms == SendingTerms.None ? null : envelope.Terms,
            Priority = envelope.Terms.Priority ?? 0,
            Size = message.Size + fields.Length - skip + fields.AsSpan(skip).Count((byte)'\n'),
            Skip = skip,
            IsUtf8 = envelope.IsUtf8,
            Account = envelope.User?.Address.ToString(),
        };
        try
        {
            return (queue.Stage(mail, spool), null);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Log.StepFailed(parts.Logger, id, "queueing the message", OneLine.Of(e));
            return (null, e is Posix.PosixException { IsFull: true } ? Problem.StorageFull : Problem.Unavailable);
        }
    }

    /// <summary>Tells a sender who wants to know who has it now (RFC 3461 §5.2.3). A sender who cannot be told must not send it again: that is in the log alone.</summary>
    private async ValueTask TellOfSuccessAsync(ISpool spool, SpooledMessage message, IReadOnlyList<Problem?>? each)
    {
        if (parts is not { Notifier: { } notifier, Queue: { } queue } || envelope.ReversePath is null)
            return;
        var delivered = _recipients.Where((recipient, i) => recipient.Terms.Notify?.HasFlag(NotifyOn.Success) == true && each?[i] is null)
            .Select(recipient => new QueuedRecipient { Address = recipient.Address.ToString(), Terms = recipient.Terms }).ToArray();
        var mail = queue.NewMail(id, envelope.ReversePath, []) with { Terms = envelope.Terms, IsUtf8 = envelope.IsUtf8, Size = message.Size };
        if (delivered.Length > 0)
            await notifier.TellAsync(mail with { To = delivered }, spool.OpenRead, delivered, NoticeKind.Delivered).ConfigureAwait(false);
        if (_expanded.Count > 0)
            await notifier.TellAsync(mail with { To = _expanded }, spool.OpenRead, _expanded, NoticeKind.Expanded).ConfigureAwait(false);
    }

    private Problem? Queue(StagedMail? staged, StagedMails redirected)
    {
        try
        {
            staged?.Commit();
            redirected.Commit();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Log.StepFailed(parts.Logger, id, "queueing the message", OneLine.Of(e));
            return Problem.Unavailable;
        }

        if (staged is not null)
            Log.Queued(parts.Logger, envelope.Connection.Id, id, _elsewhere.Count);
        return null;
    }

    /// <summary>Puts a copy of the message without its Bcc in its place; null when the disk fails.</summary>
    private async ValueTask<HeaderBlock?> HideBlindCopiesAsync(ISpool spool, HeaderBlock header, CancellationToken cancellationToken)
    {
        try
        {
            _spool = parts.Store.CreateSpool();
            var message = spool.OpenRead();
            await using (message.ConfigureAwait(false))
                await BlindCopies.CopyWithoutAsync(message, header, _spool.Writer, cancellationToken).ConfigureAwait(false);
            return await ReadHeaderAsync(_spool, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Log.StepFailed(parts.Logger, id, "taking the Bcc out of the message", OneLine.Of(e));
            return null;
        }
        finally
        {
            if (_spool != spool)
                await spool.DisposeAsync().ConfigureAwait(false);
        }
    }

    private async ValueTask<HeaderBlock?> ReadHeaderAsync(ISpool spool, CancellationToken cancellationToken)
    {
        try
        {
            var file = spool.OpenRead();
            await using (file.ConfigureAwait(false))
                return await HeaderBlock.ReadAsync(file, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Log.StepFailed(parts.Logger, id, "reading the message", OneLine.Of(e));
            return null;
        }
    }
}
