using Microsoft.Extensions.Logging;

namespace MailServer.Pipeline;

/// <summary>Tells senders what became of their mail: into their INBOX when they are here, else by the queue.</summary>
internal sealed class StatusNotifier(string hostname, IDeliveryStore store, RecipientResolver resolver, MailQueue queue, TimeProvider time, ILogger logger)
{
    /// <summary>Tells it. False when that must be tried again; true when it is done, or when there is nobody to tell.</summary>
    public async ValueTask<bool> TellAsync(QueuedMail mail, string path, IReadOnlyList<QueuedRecipient> about, bool isFinal)
    {
        // RFC 3464 §2: never about a notice, which all have the null reverse-path (RFC 5321 §4.5.5).
        if (mail.ReversePath is not { } sender)
        {
            Log.NobodyTold(logger, mail.Id, "it has no sender");
            return true;
        }

        try
        {
            var found = await resolver.ResolveAsync(sender, isSubmission: false, CancellationToken.None).ConfigureAwait(false);
            var isElsewhere = resolver.IsElsewhere(sender);
            if (found.Problem is { } problem && !isElsewhere)
            {
                var isGone = problem.Reason == ProblemReason.NotFound;
                if (isGone)
                    Log.NobodyTold(logger, mail.Id, $"<{sender}>: {problem.Text}");
                else
                    Log.SenderNotTold(logger, mail.Id, problem.Text);
                return isGone;
            }

            var spool = store.CreateSpool();
            await using (spool.ConfigureAwait(false))
                return await SendAsync(mail, sender, await ComposeAsync(mail, path, about, isFinal).ConfigureAwait(false), spool, isElsewhere ? null : found.Value.Account).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Log.SenderNotTold(logger, mail.Id, OneLine.Of(e));
            return false;
        }
    }

    private async ValueTask<(string Id, byte[] Octets)> ComposeAsync(QueuedMail mail, string path, IReadOnlyList<QueuedRecipient> about, bool isFinal)
    {
        var file = QueuedMessage.OpenFile(path, mail.Skip);
        await using (file.ConfigureAwait(false))
        {
            var header = await HeaderBlock.ReadAsync(file, CancellationToken.None).ConfigureAwait(false);
            var id = MessageId.Create(time);
            return (id, StatusNotice.Compose(mail, header, about, isFinal, hostname, id, time.GetUtcNow()));
        }
    }

    private async ValueTask<bool> SendAsync(QueuedMail mail, EmailAddress sender, (string Id, byte[] Octets) notice, ISpool spool, User? account)
    {
        await spool.Writer.WriteAsync(notice.Octets).ConfigureAwait(false);
        await spool.Writer.CompleteAsync().ConfigureAwait(false);
        var problem = await spool.SealAsync(ReadOnlyMemory<byte>.Empty, CancellationToken.None).ConfigureAwait(false);
        if (problem is null && account is not null)
            problem = (await store.DeliverNoticeAsync(spool, account, CancellationToken.None).ConfigureAwait(false)).Problem;
        else if (problem is null)
            Enqueue(mail, sender, notice, spool);
        if (problem is null)
            Log.SenderTold(logger, mail.Id, sender, notice.Id);
        else
            Log.SenderNotTold(logger, mail.Id, problem.Text);
        return problem is null;
    }

    private void Enqueue(QueuedMail mail, EmailAddress sender, (string Id, byte[] Octets) notice, ISpool spool)
    {
        var skip = notice.Octets.AsSpan().IndexOf((byte)'\n');
        using var staged = queue.Stage(queue.NewMail(notice.Id, null, [sender]) with { Size = notice.Octets.Length - skip - 1, Skip = skip, IsUtf8 = mail.IsUtf8 }, spool);
        staged.Commit();
    }
}
