using System.IO.Pipelines;
using MailServer.Rules;
using Microsoft.Extensions.Logging;

namespace MailServer.Pipeline;

/// <summary>The pipeline's parts, shared by all messages.</summary>
internal sealed record PipelineParts(
    PipelineOptions Options, IDeliveryStore Store, FilterStage Filters, RecipientResolver Resolver, RuleStage Rules, DeliverStage Deliver, SendStage Send, NotesFiles Notes, MailQueue? Queue, TimeProvider Time, ILogger Logger);

/// <summary>One message on its way through the stages.</summary>
internal sealed class MailTransaction(PipelineParts parts, Envelope envelope, string id, Verdict sofar, Problem? senderProblem) : IMailTransaction
{
    private static readonly Problem TooBig = new(new(5, 3, 4), "Message too big") { Reason = ProblemReason.LimitReached };
    private static readonly Problem Loops = new(new(5, 4, 6), "Too many hops, the message goes in circles") { Reason = ProblemReason.LimitReached };
    private static readonly Problem TooMany = new(new(4, 5, 3), "Too many recipients") { Reason = ProblemReason.LimitReached };
    private static readonly Problem NotHere = new(new(5, 1, 2), "Mail to an address literal is not sent") { Reason = ProblemReason.Impossible };
    private static readonly Problem NoRecipients = new(new(5, 5, 1), "No valid recipients");

    private readonly List<Recipient> _recipients = [];
    private readonly List<Verdict> _verdicts = [];
    private readonly HashSet<(EmailAddress Account, string? Detail)> _known = [];
    private readonly List<EmailAddress> _elsewhere = [];
    private ISpool? _spool;
    private LimitedWriter? _body;
    private bool _isCommitted;

    public string Id => id;

    public Problem? SenderProblem => senderProblem;

    public PipeWriter Body => _body ??= OpenBody();

    public async ValueTask<Problem?> AddRecipientAsync(EmailAddress recipient, CancellationToken cancellationToken)
    {
        if (senderProblem is not null)
            return senderProblem;
        var problem = _recipients.Count + _elsewhere.Count >= parts.Options.MaxRecipients ? TooMany : await AddAsync(recipient, cancellationToken).ConfigureAwait(false);
        if (problem is not null)
            Log.RecipientRefused(parts.Logger, envelope.Connection.Id, id, recipient, problem.Status, problem.Text);
        return problem;
    }

    public async ValueTask<Problem?> CommitAsync(CancellationToken cancellationToken)
    {
        if (_isCommitted)
            throw new InvalidOperationException("a message is committed once");
        _isCommitted = true;
        var problem = await RunAsync(cancellationToken).ConfigureAwait(false);
        if (problem is not null)
            Log.Refused(parts.Logger, envelope.Connection.Id, id, envelope.ReversePath, Recipients, problem.Status, problem.Text);
        return problem;
    }

    public async ValueTask DisposeAsync()
    {
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

    private IEnumerable<EmailAddress> Addresses => _recipients.Select(recipient => recipient.Address).Concat(_elsewhere);

    private async ValueTask<Problem?> AddAsync(EmailAddress address, CancellationToken cancellationToken)
    {
        // Never for a peer that is nobody here: that would be an open relay.
        if (envelope.User is not null && parts.Queue is { IsOpen: true } && parts.Resolver.IsElsewhere(address))
            return await AddElsewhereAsync(address, cancellationToken).ConfigureAwait(false);
        // What comes back of mail that was sent on: its sender's address is one of ours that stands for another (see SenderRewriting).
        if (envelope.ReversePath is null && !parts.Resolver.IsElsewhere(address) && parts.Send.OriginalOf(address) is { } original)
            return !parts.Resolver.IsElsewhere(original) ? await AddAsync(original, cancellationToken).ConfigureAwait(false)
                : parts.Queue is { IsOpen: true } ? await AddElsewhereAsync(original, cancellationToken).ConfigureAwait(false)
                : Problem.Unavailable;
        var found = await parts.Resolver.ResolveAsync(address, envelope.User is not null, cancellationToken).ConfigureAwait(false);
        if (!found.TryGet(out var recipient, out var problem))
            return problem;
        if (await parts.Store.RefusesAsync(recipient.Account, envelope.AnnouncedSize ?? 0, cancellationToken).ConfigureAwait(false) is { } full)
            return full;
        var verdict = await parts.Filters
            .AskAsync("recipient", id, (filter, token) => filter.OnRecipientAsync(envelope, address, token), null, cancellationToken).ConfigureAwait(false);
        if (verdict.Problem is not null)
            return verdict.Problem;

        // Named twice, it gets one copy; named with another detail, the rules may send it elsewhere.
        if (_known.Add((recipient.Account.Address, recipient.Detail)))
        {
            _recipients.Add(recipient);
            _verdicts.Add(verdict);
        }

        return null;
    }

    private async ValueTask<Problem?> AddElsewhereAsync(EmailAddress address, CancellationToken cancellationToken)
    {
        if (address.Domain.StartsWith('['))
            return NotHere;
        var verdict = await parts.Filters
            .AskAsync("recipient", id, (filter, token) => filter.OnRecipientAsync(envelope, address, token), null, cancellationToken).ConfigureAwait(false);
        if (verdict.Problem is null && !_elsewhere.Contains(address))
            _elsewhere.Add(address);
        return verdict.Problem;
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

    private async ValueTask<Problem?> RunAsync(CancellationToken cancellationToken)
    {
        if (senderProblem is not null)
            return senderProblem;
        if (_recipients.Count + _elsewhere.Count == 0)
            return NoRecipients;
        await Body.CompleteAsync().ConfigureAwait(false);
        if (_body is { IsOver: true })
            return TooBig;
        if (_spool is null)
            return Problem.Unavailable;

        var started = parts.Time.GetTimestamp();
        var received = parts.Time.GetUtcNow();
        if (await ReadHeaderAsync(_spool, cancellationToken).ConfigureAwait(false) is not { } header)
            return Problem.Unavailable;
        if (header.Count("Received"u8) > parts.Options.MaxHops)
            return Loops;
        if (envelope.User is not null && BlindCopies.AreIn(header))
        {
            if (await HideBlindCopiesAsync(_spool, header, cancellationToken).ConfigureAwait(false) is not { } without)
                return Problem.Unavailable;
            header = without;
        }

        var message = new SpooledMessage(id, _spool, header) { JunkScore = sofar.Score };
        var verdict = sofar.With(await parts.Filters.AskAsync(
            "message", id, (filter, token) => filter.OnMessageAsync(envelope, message, token), answer => message.JunkScore += answer.Score, cancellationToken).ConfigureAwait(false));
        // What the rules see is what the journal writes down, so that they see it again when they are asked once more.
        if (verdict.Action == VerdictAction.Quarantine)
            message.JunkScore = Math.Max(message.JunkScore, RuleStage.JunkThreshold);
        message.Seal();
        if (verdict.Problem is not null)
            return verdict.Problem;

        var notes = new MessageNotes(parts.Store, parts.Notes);
        var deliveries = await parts.Rules.DecideAsync(
            envelope, message, _recipients, _verdicts, verdict.Action == VerdictAction.Quarantine, received, notes, cancellationToken).ConfigureAwait(false);
        deliveries = parts.Send.Possible(message, _recipients, deliveries);
        if (_elsewhere.Count == 0 && Refusals.OfAll(deliveries) is { } refusal)
        {
            parts.Deliver.Refuse(envelope, message, _recipients, deliveries, refusal, started);
            return refusal;
        }

        var fields = TraceStage.Compose(
            envelope, message, parts.Options.Server.Hostname, _recipients.Count + _elsewhere.Count == 1 ? Addresses.First() : null, received);
        var (staged, unqueued) = await StageAsync(_spool, message, fields).ConfigureAwait(false);
        using var queued = staged;
        if (unqueued is not null)
            return unqueued;
        var (redirects, decided) = await parts.Send.StageAsync(envelope, message, fields, _recipients, Refusals.Keep(deliveries)).ConfigureAwait(false);
        using var redirected = new StagedMails(redirects);
        var problem = await parts.Deliver.DeliverAsync(envelope, message, _spool, fields, _recipients, decided, started).ConfigureAwait(false);
        problem ??= Queue(queued, redirected);
        if (problem is null)
        {
            if (_elsewhere.Count > 0 && envelope.User is { } sender)
                parts.Deliver.Queued(envelope, message, sender, _elsewhere, started);
            await parts.Send.AnswerAsync(
                id, envelope.ReversePath, _recipients, decided,
                i => new Mail(parts.Rules.SourceOf(envelope, message, _verdicts[i], verdict.Action == VerdictAction.Quarantine, received)), notes).ConfigureAwait(false);
            notes.Commit();
        }

        if (problem is null && parts.Logger.IsEnabled(LogLevel.Information))
            Log.Accepted(parts.Logger, envelope.Connection.Id, id, envelope.ReversePath, Recipients, message.Size, message.JunkScore);
        return problem;
    }

    /// <summary>Puts into the queue's folder what goes elsewhere, before anybody here gets a copy: a disk without room must not lead to doubles.</summary>
    private async ValueTask<(StagedMail? Mail, Problem? Problem)> StageAsync(ISpool spool, SpooledMessage message, byte[] fields)
    {
        if (_elsewhere.Count == 0 || parts.Queue is not { } queue)
            return (null, null);
        if (await spool.SealAsync(fields, CancellationToken.None).ConfigureAwait(false) is { } unsealed)
            return (null, unsealed with { Status = unsealed.Status with { Class = 4 } });
        // RFC 5321 §4.4: the Return-Path, our first field, is for the final delivery alone.
        var skip = fields.AsSpan().IndexOf((byte)'\n') + 1;
        var mail = queue.NewMail(id, envelope.ReversePath, _elsewhere) with
        {
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
