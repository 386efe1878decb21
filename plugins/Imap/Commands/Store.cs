using MailServer.Wire.Imap;

namespace MailServer.Plugins.Imap.Commands;

/// <summary>STORE and UID STORE (RFC 3501 §6.4.6), conditional ones too (RFC 7162 §3.1.3).</summary>
internal static class Store
{
    public static async ValueTask<Completion> RunAsync(
        ImapSession session, IFolderView view, ImapRequest.Store request, CancellationToken cancellationToken)
    {
        if (view.Access == FolderAccess.ReadOnly)
            return Completion.No("NOPERM", "Mailbox is read-only");
        if (!MessageSet.TryResolve(session, view, request.Messages, request.IsUid, out var set))
            return MessageSet.Invalid;
        if (request.UnchangedSince is not null)
            session.EnableCondStore();

        var sequences = set.ToList();
        if (sequences.Count == 0)
            return Completion.Ok("STORE completed");
        var (outcome, modified) = await StoreAsync(view, sequences, request, cancellationToken).ConfigureAwait(false);
        if (!outcome.TryGet(out var there, out var problem))
            return Completion.From(problem);

        session.AnnounceKeywords(view);

        // Who knows MODSEQ is told the new one even of a silent STORE; of what others have changed, the flags (RFC 7162 §3.1.3).
        if (!request.IsSilent || session.Features.HasFlag(ImapFeatures.CondStore))
            await WriteAsync(session, view, there, withFlags: !request.IsSilent).ConfigureAwait(false);
        await WriteAsync(session, view, modified, withFlags: true).ConfigureAwait(false);
        await session.Contexts.UpdateAsync(session, view, there, cancellationToken).ConfigureAwait(false);
        var areAllThere = there.Count + modified.Count == sequences.Count;
        if (modified.Count == 0)
            return areAllThere ? Completion.Ok("STORE completed") : MessageSet.SomeAreGone;
        var code = $"MODIFIED {MessageSet.TextOf(modified.Select(sequence => request.IsUid ? view.UidAt(sequence) : (uint)sequence))}";
        return areAllThere ? Completion.Ok(code, "Some were changed by others") : Completion.No(code, "Some were changed by others, some are gone");
    }

    private static async ValueTask<(Outcome<IReadOnlyList<int>> There, IReadOnlyList<int> Modified)> StoreAsync(
        IFolderView view, List<int> sequences, ImapRequest.Store request, CancellationToken cancellationToken)
    {
        var (change, flags) = (ChangeOf(request.Mode), Append.FlagsOf(request.Flags));
        if (request.UnchangedSince is not { } modSeq)
            return (await view.StoreAsync(sequences, change, flags, cancellationToken).ConfigureAwait(false), []);
        var outcome = await view.StoreUnchangedAsync(sequences, change, flags, modSeq, cancellationToken).ConfigureAwait(false);
        return outcome.TryGet(out var result, out var problem)
            ? (new Outcome<IReadOnlyList<int>>(result.Stored), result.Modified)
            : (new Outcome<IReadOnlyList<int>>(problem), []);
    }

    private static async ValueTask WriteAsync(ImapSession session, IFolderView view, IReadOnlyList<int> sequences, bool withFlags)
    {
        foreach (var sequence in sequences)
        {
            session.WriteFlags(view, sequence, withFlags);
            await session.Output.FlushIfEnoughAsync().ConfigureAwait(false);
        }
    }

    private static FlagChange ChangeOf(StoreMode mode) => mode switch
    {
        StoreMode.Add => FlagChange.Add,
        StoreMode.Remove => FlagChange.Remove,
        _ => FlagChange.Replace,
    };
}
