using MailServer.Wire.Imap;

namespace MailServer.Plugins.Imap.Commands;

/// <summary>STORE and UID STORE (RFC 3501 §6.4.6).</summary>
internal static class Store
{
    public static async ValueTask<Completion> RunAsync(
        ImapSession session, IFolderView view, ImapRequest.Store request, CancellationToken cancellationToken)
    {
        if (view.Access == FolderAccess.ReadOnly)
            return Completion.No("NOPERM", "Mailbox is read-only");
        if (!MessageSet.TryResolve(view, request.Messages, request.IsUid, out var set))
            return MessageSet.Invalid;

        var sequences = set.ToList();
        if (sequences.Count == 0)
            return Completion.Ok("STORE completed");
        var stored = await view.StoreAsync(sequences, ChangeOf(request.Mode), Append.FlagsOf(request.Flags), cancellationToken).ConfigureAwait(false);
        if (!stored.TryGet(out var there, out var problem))
            return Completion.From(problem);

        session.AnnounceKeywords(view);
        if (!request.IsSilent)
        {
            foreach (var sequence in there)
            {
                session.WriteFlags(view, sequence);
                await session.Output.FlushIfEnoughAsync().ConfigureAwait(false);
            }
        }

        return there.Count == sequences.Count ? Completion.Ok("STORE completed") : MessageSet.SomeAreGone;
    }

    private static FlagChange ChangeOf(StoreMode mode) => mode switch
    {
        StoreMode.Add => FlagChange.Add,
        StoreMode.Remove => FlagChange.Remove,
        _ => FlagChange.Replace,
    };
}
