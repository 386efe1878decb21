using MailServer.Wire.Imap;

namespace MailServer.Plugins.Imap.Commands;

/// <summary>MOVE and UID MOVE (RFC 6851): COPYUID comes untagged before the EXPUNGEs (§4.3).</summary>
internal static class Move
{
    public static async ValueTask<Completion> RunAsync(
        ImapSession session, IFolderView view, ImapRequest.Copy request, CancellationToken cancellationToken)
    {
        if (view.Access == FolderAccess.ReadOnly)
            return Completion.No("NOPERM", "Mailbox is read-only");
        if (!FolderNames.TryRead(session, request.Mailbox, out var target))
            return FolderNames.Invalid;
        if (!MessageSet.TryResolve(session, view, request.Messages, request.IsUid, out var set))
            return MessageSet.Invalid;
        var sequences = set.ToList();
        if (sequences.Count == 0)
            return Completion.Ok("Nothing to move");

        var moved = await session.WithProgressAsync(ImapSession.TextOf(request.Tag), view.MoveAsync(sequences, target, cancellationToken)).ConfigureAwait(false);
        if (!moved.TryGet(out var result, out var problem))
            return Completion.FromTarget(problem);
        if (result.SourceUids.Count > 0)
            session.Output.Untagged($"OK [{Copy.CopyUid(result)}] Moved");
        await session.AnnounceExpungedAsync(result.Expunged).ConfigureAwait(false);
        return Completion.Ok("MOVE completed") with { TellsModSeq = result.Expunged.Uids.Count > 0 };
    }
}
