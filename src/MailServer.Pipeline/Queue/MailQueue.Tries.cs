namespace MailServer.Pipeline;

/// <summary>One try of one message at one destination, and the end of a round when all its destinations have been tried.</summary>
public sealed partial class MailQueue
{
    private static readonly Problem NoAnswer = new(new(4, 3, 0), "The message could not be sent, it is tried again") { Reason = ProblemReason.Unavailable };

    private static readonly StatusCode Expired = new(4, 4, 7);

    private async Task TryAsync(Destination? destination, QueueEntry entry)
    {
        try
        {
            if (destination is not null && !entry.IsGone)
                await SendAsync(destination, entry).ConfigureAwait(false);
        }
        finally
        {
            var isLast = false;
            lock (_lock)
            {
                if (destination is not null)
                    destination.Running--;
                if (destination is { IsIdle: true })
                    _destinations.Remove(destination.Name);
                // The last one keeps the entry busy until the round is written down.
                isLast = entry.Pending <= 1;
                if (!isLast)
                    entry.Pending--;
            }

            if (isLast)
                await EndRoundAsync(entry).ConfigureAwait(false);
        }
    }

    private async ValueTask SendAsync(Destination destination, QueueEntry entry)
    {
        using var transports = _roles.Lease<IOutgoingTransport>();
        var ways = WaysBy(transports);
        if (Open(entry) is not { } mail)
            return;
        var message = new QueuedMessage(mail, Folder.MessageOf(mail.Id));
        foreach (var chunk in mail.Waiting
            .Select(recipient => QueuedMail.AddressOf(recipient.Address))
            .Where(address => ways.For(address.Domain) is not null && DestinationOf(ways, entry.Sender, address.Domain) == destination.Name)
            .Chunk(IOutgoingTransport.MaxRecipients))
        {
            if (_stop.IsCancellationRequested || entry.IsGone || await AskAsync(ways.For(chunk[0].Domain)!, message, chunk).ConfigureAwait(false) is not { } results)
                return;
            var isUnreachable = results.All(result => result.IsUnreachable);
            lock (_lock)
            {
                if (isUnreachable)
                    destination.Failed(_time.GetUtcNow(), _plan, results[0].Problem?.Text ?? "");
                else
                    destination.Reached();
            }

            Apply(entry, chunk, results);
            if (isUnreachable)
                return;
        }
    }

    /// <summary>The envelope of the round; the first of its destinations reads it.</summary>
    private QueuedMail? Open(QueueEntry entry)
    {
        lock (entry)
        {
            return entry.Mail ??= Read(entry.Id);
        }
    }

    /// <summary>Null when the server stops: what is not known to be sent is sent again.</summary>
    private async ValueTask<IReadOnlyList<SendResult>?> AskAsync(IOutgoingTransport transport, QueuedMessage message, EmailAddress[] recipients)
    {
        try
        {
            var (results, failure) = await Guard
                .AskAsync(_options.TryLimit, _time, token => transport.SendAsync(message, recipients, token), _stop.Token).ConfigureAwait(false);
            if (results?.Count == recipients.Length)
                return results;
            Log.TransportThrew(_logger, message.Id, failure ?? "not one result for each recipient");
            return [.. recipients.Select(_ => new SendResult { Problem = NoAnswer })];
        }
        catch (OperationCanceledException)
        {
            return null;
        }
    }

    private void Apply(QueueEntry entry, EmailAddress[] recipients, IReadOnlyList<SendResult> results)
    {
        var now = _time.GetUtcNow();
        var news = new Dictionary<string, SendResult>(StringComparer.Ordinal);
        for (var i = 0; i < recipients.Length; i++)
        {
            news[recipients[i].ToString()] = results[i];
            Say(entry.Id, recipients[i], results[i]);
        }

        lock (entry)
        {
            var mail = entry.Mail!;
            entry.IsTried = true;
            entry.Mail = mail with { To = [.. mail.To.Select(recipient => recipient.State == QueuedState.Waiting && news.TryGetValue(recipient.Address, out var result) ? After(recipient, result, now) : recipient)] };
            // What is sent is written down before anything else, or it would be sent again after a death. A refusal is only asked for again.
            if (news.Values.Any(result => result.Problem is null) && entry.Mail.To.Any(recipient => recipient.State != QueuedState.Sent))
                Save(entry, entry.Mail);
        }
    }

    private static QueuedRecipient After(QueuedRecipient recipient, SendResult result, DateTimeOffset now) => recipient with
    {
        State = result.Problem switch { null => StateOnceSent(recipient, result), { Status.IsTransient: true } => QueuedState.Waiting, _ => QueuedState.Failed },
        Status = result.Problem?.Status.ToString(),
        Reason = result.Problem is { } problem ? OneLine.Of(problem.Text) : null,
        Server = result.Server is { } server ? OneLine.Of(server) : null,
        Reply = result.Reply is { } reply ? OneLine.Of(reply) : null,
        Tried = now,
    };

    // RFC 3461 §5.2.2: who wants to know of success is told so far where the next server will not.
    private static QueuedState StateOnceSent(QueuedRecipient recipient, SendResult result) =>
        !result.TakesTerms && recipient.Terms is { } terms && terms.Wants(NotifyOn.Success) ? QueuedState.Relayed : QueuedState.Sent;

    private void Say(string id, EmailAddress recipient, SendResult result)
    {
        var server = result.Server is { } name ? $" by {OneLine.Of(name)}" : "";
        if (result.Problem is not { } problem)
            Log.QueueSent(_logger, id, recipient, server, OneLine.Of(result.Reply));
        else if (problem.Status.IsTransient)
            Log.QueueDeferred(_logger, id, recipient, server, problem.Status, OneLine.Of(result.Reply ?? problem.Text));
        else
            Log.QueueRefused(_logger, id, recipient, server, problem.Status, OneLine.Of(result.Reply ?? problem.Text));
    }

    /// <summary>Writes an envelope. Where the disk will not have it, it is kept in memory until the next time.</summary>
    private bool Save(QueueEntry entry, QueuedMail mail)
    {
        try
        {
            Folder.Write(mail);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Log.QueueFileUnwritable(_logger, entry.Id, OneLine.Of(e));
            return false;
        }
    }

    private async ValueTask EndRoundAsync(QueueEntry entry)
    {
        var now = _time.GetUtcNow();
        var next = now + _options.FirstRetry;
        var (isOver, isAside) = (entry.IsGone, false);
        try
        {
            // A server that stops still writes down what it knows; what it does not know it leaves.
            var isWanted = !isOver && (entry.IsTried || !_stop.IsCancellationRequested);
            if (isWanted && Open(entry) is { } mail)
            {
                if (entry.IsTried)
                    mail = mail with { Tries = mail.Tries + 1 };
                next = now + _plan.After(Math.Max(1, mail.Tries), Random.Shared.NextDouble());
                mail = now >= mail.Expires ? Expire(mail, now) : mail;
                mail = await TellAsync(mail, now).ConfigureAwait(false);
                isOver = mail.To.All(recipient => recipient.State is QueuedState.Sent or QueuedState.Told);
                if (!isOver)
                    Keep(entry, mail with { Next = next < mail.Expires || now >= mail.Expires ? next : mail.Expires });
            }
            else if (isWanted)
            {
                // What a disk cannot give now it may give later. Only what is not there any more is forgotten, and no file is touched.
                isAside = !File.Exists(Folder.EnvelopeOf(entry.Id));
            }

            isOver |= entry.IsGone;
            if (isOver)
                Remove(entry.Id);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Log.QueueFileUnwritable(_logger, entry.Id, OneLine.Of(e));
            isOver = false;
        }
        finally
        {
            lock (_lock)
            {
                entry.Pending = 0;
                if (isOver || isAside)
                    _entries.Remove(entry.Id);
                else
                    Schedule(entry, entry.Mail is { } kept ? kept.Next > now ? kept.Next : next : entry.Next > now ? entry.Next : next);
            }
        }
    }

    private void Keep(QueueEntry entry, QueuedMail mail)
    {
        mail = mail with { IsHeld = entry.IsHeld };
        var isSaved = Save(entry, mail);
        lock (_lock)
        {
            Refresh(entry, mail);
            // Somebody may have held it meanwhile.
            entry.Next = mail.Next;
            entry.Mail = isSaved ? null : mail;
        }
    }

    private static QueuedMail Expire(QueuedMail mail, DateTimeOffset now) => mail with
    {
        To =
        [
            .. mail.To.Select(recipient => recipient.State != QueuedState.Waiting ? recipient : recipient with
            {
                State = QueuedState.Failed,
                Status = Expired.ToString(),
                Reason = $"It could not be delivered until now{(recipient.Reason is { } last ? $": {last}" : "")}",
                Tried = recipient.Tried ?? now,
            }),
        ],
    };

    /// <summary>Tells the sender what has failed in this round, or that it takes long.</summary>
    private async ValueTask<QueuedMail> TellAsync(QueuedMail mail, DateTimeOffset now)
    {
        mail = await TellAsync(mail, QueuedState.Failed, NotifyOn.Failure, NoticeKind.Failed, QueuedState.Told).ConfigureAwait(false);
        mail = await TellAsync(mail, QueuedState.Relayed, NotifyOn.Success, NoticeKind.Relayed, QueuedState.Sent).ConfigureAwait(false);
        var isLate = !mail.IsDelayTold && mail.From.Length > 0 && _options.DelayNotice > TimeSpan.Zero && now >= mail.Due + _options.DelayNotice;
        return isLate ? mail with { IsDelayTold = await TellAsync(mail, mail.Waiting, NotifyOn.Delay, NoticeKind.Delayed).ConfigureAwait(false) } : mail;
    }

    /// <summary>Tells of all that are in a state; once that is done they are in another.</summary>
    private async ValueTask<QueuedMail> TellAsync(QueuedMail mail, QueuedState state, NotifyOn what, NoticeKind kind, QueuedState then) =>
        await TellAsync(mail, mail.To.Where(recipient => recipient.State == state), what, kind).ConfigureAwait(false)
            ? mail with { To = [.. mail.To.Select(recipient => recipient.State == state ? recipient with { State = then } : recipient)] }
            : mail;

    /// <summary>Tells of those whose sender wants to know (RFC 3461 §5.2). False when that must be tried again.</summary>
    private async ValueTask<bool> TellAsync(QueuedMail mail, IEnumerable<QueuedRecipient> recipients, NotifyOn what, NoticeKind kind)
    {
        var about = recipients.Where(recipient => (recipient.Terms ?? RecipientTerms.None).Wants(what)).ToArray();
        return about.Length == 0 || _notifier is null
            || await _notifier.TellAsync(mail, () => QueuedMessage.OpenFile(Folder.MessageOf(mail.Id), mail.Skip), about, kind).ConfigureAwait(false);
    }
}
