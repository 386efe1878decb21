using MailServer.Wire.Imap;

namespace MailServer.Plugins.Imap.Commands;

/// <summary>ESEARCH (RFC 7377): a search of several mailboxes, one after the other; what cannot be opened has no results.</summary>
internal static class MultiSearch
{
    public static async ValueTask<Completion> RunAsync(
        ImapSession session, IMailAccount account, ImapRequest.Search request, CancellationToken cancellationToken)
    {
        var source = request.Source!;
        if (session.View is null && source.Any(filter => filter.Kind == MailboxFilterKind.Selected))
            return Completion.Bad("No mailbox selected");
        if (request.IsCharsetUnknown)
            return Completion.No("BADCHARSET (US-ASCII UTF-8)", "Unknown charset");
        if (source.All(filter => filter.Kind == MailboxFilterKind.Selected))
            return await Search.RunAsync(session, session.View!, request, cancellationToken).ConfigureAwait(false);

        var named = await MailboxSelection.FindAsync(session, account, source, cancellationToken).ConfigureAwait(false);
        if (!named.TryGet(out var folders, out var problem))
            return Completion.From(problem);
        foreach (var folder in folders)
        {
            if (session.View is { } open && open.Folder == folder)
            {
                await WriteAsync(session, open, request, cancellationToken).ConfigureAwait(false);
                continue;
            }

            var opened = await account.OpenFolderAsync(folder, FolderAccess.ReadOnly, session: null, cancellationToken).ConfigureAwait(false);
            if (!opened.TryGet(out var view, out _))
                continue;
            await using (view.ConfigureAwait(false))
                await WriteAsync(session, view, request, cancellationToken).ConfigureAwait(false);
            await session.Output.FlushIfEnoughAsync().ConfigureAwait(false);
        }

        return Completion.Ok("ESEARCH completed");
    }

    private static async ValueTask WriteAsync(ImapSession session, IFolderView view, ImapRequest.Search request, CancellationToken cancellationToken)
    {
        var key = new SearchKeys(session, view).From(request.Term);
        var found = await session.WithProgressAsync(ImapSession.TextOf(request.Tag), view.SearchAsync(key, cancellationToken)).ConfigureAwait(false);

        // §2.1: nothing is told of a mailbox without matches.
        if (!found.TryGet(out var sequences, out _) || sequences.Count == 0)
            return;
        var scores = await Relevancy.OfAsync(session, view, request, cancellationToken).ConfigureAwait(false);
        await ESearch.WriteAsync(session, view, sequences, request, scores).ConfigureAwait(false);
    }
}
