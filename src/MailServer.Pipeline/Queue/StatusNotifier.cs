using System.IO.Pipelines;
using MailServer.Storage;
using Microsoft.Extensions.Logging;

namespace MailServer.Pipeline;

/// <summary>Tells senders what became of their mail: into their INBOX when they have one here, else by the queue, which knows the way to those elsewhere, and to those whose address here stands for another (aliases, <see cref="SenderRewriting"/>).</summary>
internal sealed class StatusNotifier(string hostname, IDeliveryStore store, RecipientResolver resolver, MailQueue queue, TimeProvider time, ILogger logger)
{
    /// <summary>Tells it. False when that must be tried again; true when it is done, or when there is nobody to tell.</summary>
    /// <param name="mail">What it is about.</param>
    /// <param name="open">Opens that, with LF line ends and without a Return-Path.</param>
    /// <param name="about">The recipients that it tells of.</param>
    /// <param name="kind">What it tells.</param>
    public async ValueTask<bool> TellAsync(QueuedMail mail, Func<Stream> open, IReadOnlyList<QueuedRecipient> about, NoticeKind kind)
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
            if (!isElsewhere && found.Problem is { } problem && problem.Reason != ProblemReason.NotFound)
            {
                Log.SenderNotTold(logger, mail.Id, problem.Text);
                return false;
            }

            var spool = store.CreateSpool();
            await using (spool.ConfigureAwait(false))
                return await SendAsync(mail, sender, await WriteAsync(mail, open, about, kind, spool.Writer).ConfigureAwait(false), spool, found.Problem is null ? found.Value.Account : null).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Log.SenderNotTold(logger, mail.Id, OneLine.Of(e));
            return false;
        }
    }

    private async ValueTask<Written> WriteAsync(QueuedMail mail, Func<Stream> open, IReadOnlyList<QueuedRecipient> about, NoticeKind kind, PipeWriter writer)
    {
        var file = open();
        HeaderBlock header;
        await using (file.ConfigureAwait(false))
            header = await HeaderBlock.ReadAsync(file, CancellationToken.None).ConfigureAwait(false);
        // RFC 3461 §4.3: only who is told of a failure may get more than the header back. RFC 8689 §5: what was not to travel in clear must not do so on its way back.
        var isWhole = mail.Terms is not { RequiresTls: true } && kind == NoticeKind.Failed && mail.Terms?.Return == ReturnedContent.Full && mail.Size <= StatusNotice.MaxReturned;
        var id = MessageId.Create(time);
        var (before, behind) = StatusNotice.Compose(mail, header, about, kind, isWhole, hostname, id, time.GetUtcNow());
        long size = before.Length + behind.Length;
        await writer.WriteAsync(before).ConfigureAwait(false);
        if (isWhole)
            size += await CopyAsync(open, writer).ConfigureAwait(false);
        await writer.WriteAsync(behind).ConfigureAwait(false);
        await writer.CompleteAsync().ConfigureAwait(false);
        var skip = before.AsSpan().IndexOf((byte)'\n');
        return new(id, size - skip - 1, skip);
    }

    private static async ValueTask<long> CopyAsync(Func<Stream> open, PipeWriter writer)
    {
        long size = 0;
        var original = StoredText.AsSent(open());
        await using (original.ConfigureAwait(false))
        {
            var buffer = new byte[16 * 1024];
            while (await original.ReadAsync(buffer).ConfigureAwait(false) is > 0 and var count)
            {
                size += count;
                await writer.WriteAsync(buffer.AsMemory(0, count)).ConfigureAwait(false);
            }
        }

        return size;
    }

    private async ValueTask<bool> SendAsync(QueuedMail mail, EmailAddress sender, Written notice, ISpool spool, User? account)
    {
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

    private void Enqueue(QueuedMail mail, EmailAddress sender, Written notice, ISpool spool)
    {
        using var staged = queue.Stage(queue.NewMail(notice.Id, null, [sender]) with { Size = notice.Size, Skip = notice.Skip, IsUtf8 = mail.IsUtf8 }, spool);
        staged.Commit();
    }

    /// <summary>A notice in its file.</summary>
    /// <param name="Id">Our name for it.</param>
    /// <param name="Size">Octets as it is sent, without its Return-Path.</param>
    /// <param name="Skip">Octets of the file's Return-Path.</param>
    private readonly record struct Written(string Id, long Size, int Skip);
}
