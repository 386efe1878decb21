using MailServer.Wire.Imap;

namespace MailServer.Plugins.Imap.Commands;

/// <summary>DELETE (RFC 3501 §6.3.4).</summary>
internal static class Delete
{
    public static async ValueTask<Completion> RunAsync(
        ImapSession session, IMailAccount account, ImapRequest.OnMailbox request, CancellationToken cancellationToken)
    {
        if (!FolderNames.TryRead(session, request.Mailbox, out var folder))
            return FolderNames.Invalid;
        if (await account.DeleteAsync(folder, cancellationToken).ConfigureAwait(false) is { } problem)
            return Completion.From(problem);

        // The client's own folder: it knows why, and need not be thrown out for it.
        if (session.View is { } view && view.Folder == folder)
            await session.CloseViewAsync().ConfigureAwait(false);
        return Completion.Ok("DELETE completed");
    }
}
