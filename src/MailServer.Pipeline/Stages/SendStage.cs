using System.IO.Pipelines;
using MailServer.Rules;
using Microsoft.Extensions.Logging;

namespace MailServer.Pipeline;

/// <summary>
/// Sends what rules ask for: the message to other addresses, answers and notices. What cannot be sent on is kept in INBOX; an answer is sent once the message is
/// accepted, and is never a reason not to accept it.
/// </summary>
internal sealed class SendStage(
    PipelineOptions options, IDeliveryStore store, RecipientResolver resolver, MailQueue? queue, SenderRewriting? rewriting, TimeProvider time, ILogger logger)
{
    /// <summary>RFC 9228 §3: says on a message that it has come to an account, so that it is not sent on from there a second time.</summary>
    private const string DeliveredTo = "Delivered-To";

    /// <summary>Whom an address stands for that <see cref="SenderRewriting"/> has made; null when it is none.</summary>
    public EmailAddress? OriginalOf(EmailAddress address) =>
        rewriting is not null && rewriting.TryReverse(address, time.GetUtcNow(), out var original) ? original : null;

    /// <summary>The sender of mail that goes on to another server: who sends on a stranger's mail is none of the servers that may (SPF).</summary>
    /// <param name="sender">Who sent it.</param>
    /// <param name="domain">The domain of ours that it came to.</param>
    public EmailAddress? SenderOf(EmailAddress? sender, string domain) =>
        sender is { } path && resolver.IsElsewhere(path) && rewriting is not null ? rewriting.Forward(path, domain, time.GetUtcNow()) : sender;

    /// <summary>Keeps in INBOX what cannot be sent on.</summary>
    public IReadOnlyList<Delivery> Possible(SpooledMessage message, IReadOnlyList<Recipient> recipients, IReadOnlyList<Delivery> deliveries) =>
        deliveries.All(delivery => delivery.Redirects.Count == 0)
            ? deliveries
            : [.. deliveries.Select((delivery, i) => WhyNot(message, recipients[i], delivery) is { } reason ? Keep(message.Id, recipients[i], delivery, reason) : delivery)];

    /// <summary>Puts what is sent on into the queue's folder. What the disk will not have is kept in INBOX.</summary>
    /// <param name="envelope">How the message came.</param>
    /// <param name="message">The message.</param>
    /// <param name="fields">Our fields, the Return-Path first.</param>
    /// <param name="recipients">Whose rules decided.</param>
    /// <param name="deliveries">What they decided.</param>
    public async ValueTask<(List<StagedMail> Staged, IReadOnlyList<Delivery> Deliveries)> StageAsync(
        Envelope envelope, SpooledMessage message, byte[] fields, IReadOnlyList<Recipient> recipients, IReadOnlyList<Delivery> deliveries)
    {
        List<StagedMail> staged = [];
        if (deliveries.All(delivery => delivery.Redirects.Count == 0))
            return (staged, deliveries);
        var now = deliveries.ToArray();
        HashSet<(EmailAddress Account, EmailAddress To)> sent = [];
        for (var i = 0; i < now.Length; i++)
            // Two addresses of one account: who is meant gets one copy.
            if (now[i].Redirects.Where(to => sent.Add((recipients[i].Account.Address, to))).ToArray() is { Length: > 0 } targets)
            {
                await store.PrepareAsync(recipients[i].Account).ConfigureAwait(false);
                var (mail, problem) = await StageAsync(envelope, message, fields, recipients[i], targets).ConfigureAwait(false);
                if (mail is not null)
                    staged.Add(mail);
                else
                    now[i] = Keep(message.Id, recipients[i], now[i], problem!);
            }

        return (staged, now);
    }

    /// <summary>Writes the answers and notices. Each is remembered in the account's notes before those are written down.</summary>
    public async ValueTask AnswerAsync(string id, EmailAddress? sender, IReadOnlyList<Recipient> recipients, IReadOnlyList<Delivery> deliveries, Func<int, Mail> mailFor, MessageNotes notes)
    {
        for (var i = 0; i < deliveries.Count; i++)
            foreach (var answer in deliveries[i].Answers)
            {
                var (account, mail) = (recipients[i].Account, mailFor(i));
                var reason = WhyNot(answer, mail, answer.To ?? sender, recipients[i], notes.Of(account), out var note);
                var to = answer.To ?? sender ?? default;
                reason ??= await SendAsync(answer, mail, recipients[i], to).ConfigureAwait(false);
                if (reason is null)
                {
                    await store.PrepareAsync(account).ConfigureAwait(false);
                    notes.Of(account).Write([note]);
                }

                if (reason is null)
                    Log.Answered(logger, id, to, account.Address);
                else
                    Log.NotAnswered(logger, id, account.Address, reason);
            }
    }

    private string? WhyNot(SpooledMessage message, Recipient recipient, Delivery delivery)
    {
        if (delivery.Redirects.Count == 0)
            return null;
        if (delivery.Redirects.Any(address => !CanSend(address)))
            return "mail cannot be sent from here";
        return message.Headers(DeliveredTo).Any(value => value.Trim().Equals(recipient.Account.Address.ToString(), StringComparison.OrdinalIgnoreCase))
            ? "it has been sent on from here before"
            : null;
    }

    private bool CanSend(EmailAddress address) => queue is not null && (queue.IsOpen || !resolver.IsElsewhere(address));

    /// <summary>RFC 5228 §2.10.6: what cannot be done means keep; other folders and answers stay.</summary>
    private Delivery Keep(string id, Recipient recipient, Delivery delivery, string reason)
    {
        Log.NotSentOn(logger, id, recipient.Address, reason);
        List<FolderName> others = [.. new[] { delivery.Folder }.OfType<FolderName>().Concat(delivery.Copies).Where(folder => !folder.IsInbox)];
        var rule = delivery.Steps.LastOrDefault(step => step.Action.StartsWith("Redirect(", StringComparison.Ordinal))?.Rule ?? (delivery.Steps is [.., var last] ? last.Rule : "redirect");
        return delivery with
        {
            Folder = FolderName.Inbox, Copies = others, Redirects = [], Refusal = null,
            Steps = [.. delivery.Steps, new() { Rule = rule, Action = $"not sent on, kept in INBOX: {reason}" }],
        };
    }

    private async ValueTask<(StagedMail? Mail, string? Problem)> StageAsync(Envelope envelope, SpooledMessage message, byte[] fields, Recipient recipient, EmailAddress[] targets)
    {
        var account = recipient.Account.Address;
        // RFC 5321 §4.4: the Return-Path, our first field, is for the final delivery alone.
        byte[] top = [.. System.Text.Encoding.UTF8.GetBytes($"{DeliveredTo}: {TraceStage.Quote(account)}\n"), .. fields.AsSpan(fields.AsSpan().IndexOf((byte)'\n') + 1)];
        try
        {
            var copy = store.CreateSpool();
            await using (copy.ConfigureAwait(false))
            {
                var file = message.OpenRead();
                await using (file.ConfigureAwait(false))
                    await file.CopyToAsync(copy.Writer).ConfigureAwait(false);
                await copy.Writer.CompleteAsync().ConfigureAwait(false);
                var size = copy.Size;
                if (await copy.SealAsync(top, CancellationToken.None).ConfigureAwait(false) is { } unsealed)
                    return (null, unsealed.Text);
                return (queue!.Stage(queue.NewMail(MessageId.Create(time), SenderOf(envelope.ReversePath, account.Domain), targets) with
                {
                    Size = size + top.Length + top.AsSpan().Count((byte)'\n'),
                    IsUtf8 = envelope.IsUtf8,
                    // RFC 8689 §4.1: it holds for each hop.
                    Terms = envelope.Terms.RequiresTls ? new() { RequiresTls = true } : null,
                    Account = account.ToString(),
                }, copy), null);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return (null, OneLine.Of(e));
        }
    }

    private static string? WhyNot(AutomaticMail answer, Mail mail, EmailAddress? to, Recipient recipient, INotes notes, out NoteChange note)
    {
        var (address, account) = (recipient.Address.ToString(), recipient.Account.Address.ToString());
        note = new(NoteLimits.KeyOf($"{(answer.To is null ? "vacation" : "notify")}:{answer.Handle}:{to}"), "", mail.Received + answer.Interval);
        var reason = answer.To is { } told
            ? AutomaticReplies.WhyNotNotify(mail, told, address, account)
            : AutomaticReplies.WhyNot(mail, address, account, answer.Addresses);
        return reason ?? (notes.Find(note.Key, mail.Received) is null ? null : $"<{to}> has got the same lately");
    }

    private async ValueTask<string?> SendAsync(AutomaticMail answer, Mail about, Recipient recipient, EmailAddress to)
    {
        if (queue is null || !CanSend(to))
            return "mail cannot be sent from here";
        try
        {
            var id = MessageId.Create(time);
            // The address that was written to, so that whoever asked is answered by whom it knows.
            var octets = AutomaticText.Compose(answer, about, answer.To is null ? recipient.Address : recipient.Account.Address, to, recipient.Account.Address, options.Server.Hostname, id, time.GetUtcNow());
            var spool = store.CreateSpool();
            await using (spool.ConfigureAwait(false))
            {
                await spool.Writer.WriteAsync(octets).ConfigureAwait(false);
                await spool.Writer.CompleteAsync().ConfigureAwait(false);
                if (await spool.SealAsync(ReadOnlyMemory<byte>.Empty, CancellationToken.None).ConfigureAwait(false) is { } problem)
                    return problem.Text;
                var skip = octets.AsSpan().IndexOf((byte)'\n');
                using var staged = queue.Stage(queue.NewMail(id, null, [to]) with { Size = octets.Length - skip - 1, Skip = skip, Account = recipient.Account.Address.ToString() }, spool);
                staged.Commit();
            }

            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return OneLine.Of(e);
        }
    }
}
