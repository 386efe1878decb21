using MailServer.Posix;

namespace MailServer.Pipeline;

/// <summary>A message on its way into the queue. Disposed without <see cref="Commit"/> it leaves no trace.</summary>
internal sealed class StagedMail(MailQueue queue, QueuedMail mail, string draft) : IDisposable
{
    private bool _isQueued;

    /// <summary>Queues it; durable when this returns.</summary>
    /// <exception cref="IOException">It failed; it is not queued.</exception>
    public void Commit()
    {
        queue.Folder.Publish(draft, mail.Id);
        _isQueued = true;
        queue.Accept(mail);
    }

    public void Dispose()
    {
        if (_isQueued)
            return;
        DurableFile.TryUnlink(draft);
        // Where only the last sync failed: the peer hears that it was not taken, so it must not be sent.
        DurableFile.TryUnlink(queue.Folder.EnvelopeOf(mail.Id));
        DurableFile.TryUnlink(queue.Folder.MessageOf(mail.Id));
    }
}

/// <summary>Several messages on their way into the queue.</summary>
internal sealed class StagedMails(List<StagedMail> mails) : IDisposable
{
    /// <summary>Queues them, one after the other.</summary>
    /// <exception cref="IOException">It failed; those before are queued.</exception>
    public void Commit() => mails.ForEach(mail => mail.Commit());

    public void Dispose() => mails.ForEach(mail => mail.Dispose());
}
