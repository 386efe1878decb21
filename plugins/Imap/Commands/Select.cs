using MailServer.Wire.Imap;

namespace MailServer.Plugins.Imap.Commands;

/// <summary>SELECT and EXAMINE (RFC 3501 §6.3.1, §6.3.2).</summary>
internal static class Select
{
    public static async ValueTask<Completion> RunAsync(
        ImapSession session, IMailAccount account, ImapRequest.Select request, CancellationToken cancellationToken)
    {
        // The old folder is closed even when the new one cannot be opened.
        await session.CloseViewAsync().ConfigureAwait(false);
        if (!FolderNames.TryRead(request.Mailbox, out var folder))
            return FolderNames.Invalid;
        var access = request.IsExamine ? FolderAccess.ReadOnly : FolderAccess.ReadWrite;
        var opened = await account.OpenFolderAsync(folder, access, session.Connection, cancellationToken).ConfigureAwait(false);
        if (!opened.TryGet(out var view, out var problem))
            return Completion.From(problem);

        session.State = new ImapState.Selected(account, view);
        session.AnnouncedKeywords = -1;
        session.AnnounceKeywords(view);
        session.Output.Untagged(view.Count, "EXISTS"u8);
        session.Output.Untagged(view.RecentCount, "RECENT"u8);
        if (FirstUnseen(view) is var unseen and > 0)
            session.Output.Untagged($"OK [UNSEEN {unseen}] First unseen");
        session.Output.Untagged($"OK [UIDVALIDITY {view.UidValidity}] UIDs valid");
        session.Output.Untagged($"OK [UIDNEXT {view.UidNext}] Predicted next UID");
        return request.IsExamine
            ? Completion.Ok("READ-ONLY", "EXAMINE completed")
            : Completion.Ok("READ-WRITE", "SELECT completed");
    }

    private static int FirstUnseen(IFolderView view)
    {
        for (var sequence = 1; sequence <= view.Count; sequence++)
            if ((view.FlagsAt(sequence).System & SystemFlags.Seen) == 0)
                return sequence;
        return 0;
    }
}
