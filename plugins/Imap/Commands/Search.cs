using MailServer.Wire.Imap;

namespace MailServer.Plugins.Imap.Commands;

/// <summary>SEARCH and UID SEARCH (RFC 3501 §6.4.4).</summary>
internal static class Search
{
    public static async ValueTask<Completion> RunAsync(
        ImapSession session, IFolderView view, ImapRequest.Search request, CancellationToken cancellationToken)
    {
        var outcome = await view.SearchAsync(SearchKeys.From(request.Term), cancellationToken).ConfigureAwait(false);
        if (!outcome.TryGet(out var found, out var problem))
            return Completion.From(problem);

        var start = 0;
        while (!Write(session, view, found, request.IsUid, ref start))
            await session.Output.FlushIfEnoughAsync().ConfigureAwait(false);
        return Completion.Ok("SEARCH completed");
    }

    // A thousand numbers at a time; true when the line is complete.
    private static bool Write(ImapSession session, IFolderView view, IReadOnlyList<int> found, bool isUid, ref int start)
    {
        var writer = session.Output.Begin();
        if (start == 0)
            writer.Raw("* SEARCH"u8);
        var end = Math.Min(found.Count, start + 1_000);
        for (; start < end; start++)
        {
            writer.Raw(' ');
            writer.Number(isUid ? view.UidAt(found[start]) : found[start]);
        }

        if (start == found.Count)
            writer.EndLine();
        writer.Commit();
        return start == found.Count;
    }
}
