using MailServer.Wire.Imap;

namespace MailServer.Plugins.Imap.Commands;

/// <summary>FETCH and UID FETCH (RFC 3501 §6.4.5, RFC 7162 §3.1.4, RFC 9394 §3.2): streamed, message by message; one that is gone or broken does not stop the others.</summary>
internal static class Fetch
{
    // So many messages are marked \Seen at once: one write of the store for all, and little is marked that a lost connection never got.
    private const int BlockSize = 32;

    // So many messages are measured at once: enough to keep a few disk threads busy, few enough for the first answers to come soon.
    private const int IndexBlockSize = 512;

    public static async ValueTask<Completion> RunAsync(
        ImapSession session, IFolderView view, ImapRequest.Fetch request, CancellationToken cancellationToken)
    {
        if (request.IsVanished && !session.Features.HasFlag(ImapFeatures.QResync))
            return Completion.Bad("ENABLE QRESYNC first");
        if (!MessageSet.TryResolve(session, view, request.Messages, request.IsUid, out var set))
            return MessageSet.Invalid;
        var plan = FetchPlan.From(request, view, session.Features);
        if (plan.Items.Any(item => item.Name == FetchName.ModSeq))
            session.EnableCondStore();
        if (request.ChangedSince is { } modSeq)
            set.Keep(sequence => view.ModSeqAt(sequence) > modSeq);
        if (request.Partial is { } page)
            set.Keep(page);

        // Before any FETCH response (RFC 7162 §3.2.6).
        if (request.IsVanished)
            await VanishedResponse.WriteEarlierAsync(session.Output, view, request.ChangedSince ?? 0, UidsOf(session, request.Messages), known: 0).ConfigureAwait(false);
        var header = new HeaderBuffer();
        Problem? failure = null;
        foreach (var (first, last) in set.Blocks(plan.IsIndexOnly ? IndexBlockSize : BlockSize))
        {
            if (plan.NeedsSize)
                await view.MeasureAsync(first, last, cancellationToken).ConfigureAwait(false);
            if (plan.IsIndexOnly)
            {
                FetchWriter.WriteFromIndex(session, view, plan, first, last);
            }
            else
            {
                if (plan.NeedsStructure)
                    await view.ReadStructuresAsync(first, last, cancellationToken).ConfigureAwait(false);
                var seen = await MarkSeenAsync(view, plan, first, last, cancellationToken).ConfigureAwait(false);
                for (var sequence = first; sequence <= last; sequence++)
                {
                    var problem = await FetchMessage.WriteAsync(session, view, plan, header, sequence, seen.Contains(sequence), cancellationToken).ConfigureAwait(false);
                    failure = problem ?? failure;
                }

                await session.Contexts.UpdateAsync(session, view, seen, cancellationToken).ConfigureAwait(false);
            }

            await session.Output.FlushIfEnoughAsync().ConfigureAwait(false);
        }

        return failure switch
        {
            null => Completion.Ok("FETCH completed"),
            _ when failure == BinaryContent.UnknownCte => Completion.No("UNKNOWN-CTE", failure.Text),
            { Reason: ProblemReason.Expunged or ProblemReason.NotFound } => MessageSet.SomeAreGone,
            _ => Completion.From(failure),
        };
    }

    private static IReadOnlyList<SequenceRange> UidsOf(ImapSession session, IReadOnlyList<SequenceRange> messages) =>
        messages is [var only] && only == SequenceRange.SearchResult ? session.SavedUids : messages;

    // RFC 3501 §6.4.5: BODY[...] sets \Seen; the new flags are told with the answer.
    private static async ValueTask<IReadOnlyList<int>> MarkSeenAsync(
        IFolderView view, FetchPlan plan, int first, int last, CancellationToken cancellationToken)
    {
        if (!plan.SetsSeen || view.Access == FolderAccess.ReadOnly)
            return [];
        List<int>? unseen = null;
        for (var sequence = first; sequence <= last; sequence++)
            if ((view.FlagsAt(sequence).System & SystemFlags.Seen) == 0)
                (unseen ??= []).Add(sequence);
        if (unseen is null)
            return [];

        // A disk that takes no flags must not keep anybody from reading.
        var stored = await view.StoreAsync(unseen, FlagChange.Add, SystemFlags.Seen, cancellationToken).ConfigureAwait(false);
        return stored.TryGet(out var done, out _) ? done : [];
    }
}
