using System.Text;
using MailServer.Wire.Imap;

namespace MailServer.Plugins.Imap.Commands;

/// <summary>CREATE (RFC 3501 §6.3.3), with a special use (RFC 6154 §3) and the new mailbox's id in the answer (RFC 8474 §4.2).</summary>
internal static class Create
{
    private static readonly string[] Uses = ["\\Archive", "\\Drafts", "\\Flagged", "\\Junk", "\\Sent", "\\Trash", "\\Important", "\\All"];

    public static async ValueTask<Completion> RunAsync(ImapSession session, IMailAccount account, ImapRequest.Create request, CancellationToken cancellationToken)
    {
        if (!FolderNames.TryReadNew(session, request.Mailbox, out var folder))
            return FolderNames.Invalid;
        string? use = null;
        if (request.Uses.Count > 0)
        {
            use = Array.Find(Uses, known => Ascii.EqualsIgnoreCase(known, request.Uses[0].Span));
            if (request.Uses.Count > 1 || use is null or "\\All" or "\\Flagged")
                return Completion.No("USEATTR", "Such a mailbox cannot be made");
        }

        if (await account.CreateAsync(folder, use, cancellationToken).ConfigureAwait(false) is { } problem)
            return Completion.From(problem);
        var status = await account.StatusAsync(folder, withSize: false, cancellationToken).ConfigureAwait(false);
        return status.TryGet(out var made, out _) && made.MailboxId is { } id
            ? Completion.Ok($"MAILBOXID ({id})", "CREATE completed")
            : Completion.Ok("CREATE completed");
    }
}
