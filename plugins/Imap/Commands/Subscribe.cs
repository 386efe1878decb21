using MailServer.Wire.Imap;

namespace MailServer.Plugins.Imap.Commands;

/// <summary>SUBSCRIBE and UNSUBSCRIBE (RFC 3501 §6.3.6, §6.3.7).</summary>
internal static class Subscribe
{
    public static async ValueTask<Completion> RunAsync(ImapSession session, IMailAccount account, ImapRequest.OnMailbox request, CancellationToken cancellationToken)
    {
        if (!FolderNames.TryRead(session, request.Mailbox, out var folder))
            return FolderNames.Invalid;
        var subscribed = request.Command == MailboxCommand.Subscribe;
        return await account.SetSubscribedAsync(folder, subscribed, cancellationToken).ConfigureAwait(false) is { } problem
            ? Completion.From(problem)
            : Completion.Ok(subscribed ? "SUBSCRIBE completed" : "UNSUBSCRIBE completed");
    }
}
