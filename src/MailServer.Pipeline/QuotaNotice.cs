using System.Globalization;
using System.Text;
using MailServer.Storage;
using Microsoft.Extensions.Logging;

namespace MailServer.Pipeline;

/// <summary>The message that tells an owner how full the account is. It goes into INBOX past rules, which could file it where nobody looks.</summary>
internal sealed class QuotaNotice(MaildirStore store, string hostname, bool isFinal, TimeProvider time, ILogger logger)
{
    /// <summary>Writes and delivers it; false when it could not be delivered.</summary>
    public async ValueTask<bool> SendAsync(QuotaWarning warning)
    {
        ArgumentNullException.ThrowIfNull(warning);
        var id = MessageId.Create(time);
        try
        {
            var spool = store.CreateSpool();
            await using (spool.ConfigureAwait(false))
            {
                await spool.Writer.WriteAsync(Compose(warning, id)).ConfigureAwait(false);
                await spool.Writer.CompleteAsync().ConfigureAwait(false);
                var problem = await spool.SealAsync(default, CancellationToken.None).ConfigureAwait(false);
                StoredMessage? stored = null;
                if (problem is null && (await store.DeliverNoticeAsync(spool, warning.Owner, CancellationToken.None).ConfigureAwait(false)).TryGet(out stored, out problem))
                    Tell(warning, stored, id, spool.Size);
                if (problem is not null)
                    Log.NoticeFailed(logger, id, warning.Owner.Address, problem.Text);
                return stored is not null;
            }
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            Log.NoticeFailed(logger, id, warning.Owner.Address, OneLine.Of(failure));
            return false;
        }
    }

    private void Tell(QuotaWarning warning, StoredMessage stored, string id, long size)
    {
        Log.QuotaWarned(logger, id, warning.Owner.Address, warning.Threshold);
        store.WriteJournal(warning.Owner, new()
        {
            Event = JournalEvents.Delivered,
            Folder = stored.Folder.Value,
            Message = Path.GetFileName(stored.Path),
            Delivery = new()
            {
                Id = id,
                MessageId = $"<{id}@{hostname}>",
                Sender = "",
                Recipient = warning.Owner.Address.ToString(),
                Size = size,
                Steps = [new("quota", 0, string.Create(CultureInfo.InvariantCulture, $"tells that {warning.Threshold} % are in use"))],
            },
        });
    }

    private byte[] Compose(QuotaWarning warning, string id)
    {
        var body = new StringBuilder("The mailbox ").Append(TraceStage.Quote(warning.Owner.Address)).Append(" holds\n\n    ").Append(QuotaText.Of(warning.Usage)).Append("\n\n");
        body.Append(isFinal
            ? "When it is full, new mail is sent back to whoever sent it.\n"
            : "When it is full, new mail waits at whoever sends it, and goes back after some days.\n");
        body.Append("To make room, delete what you do not need, and empty the folder that your\nmail program moves deleted messages to: what is in there counts, too.\n");
        var subject = string.Create(CultureInfo.InvariantCulture, $"Your mailbox is {QuotaText.Percent(warning.Usage)} % full");
        return NoticeText.Compose(warning.Owner.Address, hostname, id, time.GetUtcNow(), "Mail server", subject, body.ToString());
    }
}
