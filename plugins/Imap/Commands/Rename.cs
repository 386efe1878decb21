using MailServer.Wire.Imap;

namespace MailServer.Plugins.Imap.Commands;

/// <summary>RENAME (RFC 3501 §6.3.5).</summary>
internal static class Rename
{
    public static async ValueTask<Completion> RunAsync(ImapSession session, IMailAccount account, ImapRequest.Rename request, CancellationToken cancellationToken)
    {
        if (!FolderNames.TryRead(session, request.From, out var from) || !FolderNames.TryReadNew(session, request.To, out var to))
            return FolderNames.Invalid;
        return await account.RenameAsync(from, to, cancellationToken).ConfigureAwait(false) is { } problem
            ? Completion.From(problem)
            : Completion.Ok("RENAME completed");
    }
}
