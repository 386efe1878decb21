using MailServer.Wire.Imap;

namespace MailServer.Plugins.Imap.Commands;

/// <summary>EXPUNGE (RFC 3501 §6.4.3) and UID EXPUNGE (RFC 4315 §2.1).</summary>
internal static class Expunge
{
    public static async ValueTask<Completion> RunAsync(
        ImapSession session, IFolderView view, ImapRequest.Expunge request, CancellationToken cancellationToken)
    {
        if (view.Access == FolderAccess.ReadOnly)
            return Completion.No("NOPERM", "Mailbox is read-only");
        List<int>? sequences = null;
        if (request.Uids is { } uids)
        {
            MessageSet.TryResolve(session, view, uids, isUid: true, out var set);
            sequences = set.ToList();
            sequences.RemoveAll(sequence => (view.FlagsAt(sequence).System & SystemFlags.Deleted) == 0);
            if (sequences.Count == 0)
                return Completion.Ok("EXPUNGE completed");
        }

        var outcome = await session.WithProgressAsync(ImapSession.TextOf(request.Tag), view.ExpungeAsync(sequences, cancellationToken)).ConfigureAwait(false);
        if (!outcome.TryGet(out var expunged, out var problem))
            return Completion.From(problem);
        await session.AnnounceExpungedAsync(expunged).ConfigureAwait(false);
        return Completion.Ok("EXPUNGE completed") with { TellsModSeq = expunged.Uids.Count > 0 };
    }
}
