using MailServer.Wire.Imap;

namespace MailServer.Plugins.Imap.Commands;

/// <summary>SELECT and EXAMINE (RFC 3501 §6.3.1, §6.3.2), with CONDSTORE and QRESYNC (RFC 7162) and the mailbox's id (RFC 8474 §4.2).</summary>
internal static class Select
{
    public static async ValueTask<Completion> RunAsync(
        ImapSession session, IMailAccount account, ImapRequest.Select request, CancellationToken cancellationToken)
    {
        if (request.Resync is not null && !session.Features.HasFlag(ImapFeatures.QResync))
            return Completion.Bad("ENABLE QRESYNC first");
        if (request.Resync is { MatchSequences.Count: > 0 } && session.Features.HasFlag(ImapFeatures.UidOnly))
            return Dispatcher.UidRequired;

        // The old folder is closed even when the new one cannot be opened; what follows is of the new one (RFC 7162 §3.2.11).
        if (session.View is not null)
            session.Output.Untagged("OK [CLOSED] Previous mailbox is closed");
        await session.CloseViewAsync().ConfigureAwait(false);
        if (!FolderNames.TryRead(session, request.Mailbox, out var folder))
            return FolderNames.Invalid;
        var access = request.IsExamine ? FolderAccess.ReadOnly : FolderAccess.ReadWrite;
        var opened = await account.OpenFolderAsync(folder, access, session.Connection, cancellationToken).ConfigureAwait(false);
        if (!opened.TryGet(out var view, out var problem))
            return Completion.From(problem);

        if (request.IsCondStore)
            session.EnableCondStore();
        session.State = new ImapState.Selected(account, view);
        session.AnnouncedKeywords = -1;
        session.StartModSeq(view);
        session.AnnounceKeywords(view);
        session.Output.Untagged(view.Count, "EXISTS"u8);
        session.AnnounceRecent(view);

        // Not in IMAP4rev2 (RFC 9051 Appendix E), and a sequence number for who wants none (RFC 9586).
        if ((session.Features & (ImapFeatures.Rev2 | ImapFeatures.UidOnly)) == 0 && FirstUnseen(view) is var unseen and > 0)
            session.Output.Untagged($"OK [UNSEEN {unseen}] First unseen");
        session.Output.Untagged($"OK [UIDVALIDITY {view.UidValidity}] UIDs valid");
        session.Output.Untagged($"OK [UIDNEXT {view.UidNext}] Predicted next UID");
        session.Output.Untagged($"OK [{session.HighestModSeq}] Highest");
        if (session.Features.HasFlag(ImapFeatures.Rev2) && await TellNameAsync(session, account, folder, cancellationToken).ConfigureAwait(false) is { } unlisted)
            return Completion.From(unlisted);
        if (view.MailboxId is { } id)
            session.Output.Untagged($"OK [MAILBOXID ({id})] Id");
        if (request.Resync is { } resync && resync.UidValidity == view.UidValidity)
            await ResyncAsync(session, view, resync).ConfigureAwait(false);
        return request.IsExamine
            ? Completion.Ok("READ-ONLY", "EXAMINE completed")
            : Completion.Ok("READ-WRITE", "SELECT completed");
    }

    // RFC 9051 §6.3.2: the mailbox as LIST shows it.
    private static async ValueTask<Problem?> TellNameAsync(ImapSession session, IMailAccount account, FolderName folder, CancellationToken cancellationToken)
    {
        var listed = await account.ListAsync(cancellationToken).ConfigureAwait(false);
        if (!listed.TryGet(out var folders, out var problem))
            return problem;
        foreach (var one in folders.Where(one => one.Name == folder))
            ListWriter.Write(session, "LIST"u8, ListedName.Of(one).Attributes(isExtended: true), one.Name);
        return null;
    }

    // RFC 7162 §3.2.5.1: as UID FETCH known-uids (FLAGS) (CHANGEDSINCE mod-sequence-value VANISHED).
    private static async ValueTask ResyncAsync(ImapSession session, IFolderView view, ResyncParameter resync)
    {
        await VanishedResponse.WriteEarlierAsync(session.Output, view, resync.ModSeq, resync.KnownUids, LastMatch(view, resync)).ConfigureAwait(false);
        IReadOnlyList<SequenceRange> known = resync.KnownUids ?? [new(1, SequenceRange.Star)];
        MessageSet.TryResolve(session, view, known, isUid: true, out var set);
        set.Keep(sequence => view.ModSeqAt(sequence) > resync.ModSeq);
        foreach (var sequence in set.ToList())
        {
            session.WriteFlags(view, sequence);
            await session.Output.FlushIfEnoughAsync().ConfigureAwait(false);
        }
    }

    // RFC 7162 §3.2.5.2: where the client has the same UID at the same place, it knows of all that is gone before it. Both sets count up together;
    // no more is looked at than there are messages.
    private static uint LastMatch(IFolderView view, ResyncParameter resync)
    {
        var match = 0u;
        using var uids = Numbers(resync.MatchUids).GetEnumerator();
        foreach (var sequence in Numbers(resync.MatchSequences))
        {
            if (sequence > view.Count || !uids.MoveNext())
                break;
            if (view.UidAt((int)sequence) == uids.Current)
                match = Math.Max(match, uids.Current);
        }

        return match;
    }

    private static IEnumerable<uint> Numbers(IReadOnlyList<SequenceRange> ranges)
    {
        // Ascending only, as the RFC asks: a set that goes back would make the work endless.
        var next = 0u;
        foreach (var range in ranges)
            for (next = Math.Max(next, range.First); next <= range.Last && next < uint.MaxValue; next++)
                yield return next;
    }

    private static int FirstUnseen(IFolderView view)
    {
        for (var sequence = 1; sequence <= view.Count; sequence++)
            if ((view.FlagsAt(sequence).System & SystemFlags.Seen) == 0)
                return sequence;
        return 0;
    }
}
