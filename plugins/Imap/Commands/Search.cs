using MailServer.Wire.Imap;

namespace MailServer.Plugins.Imap.Commands;

/// <summary>SEARCH and UID SEARCH (RFC 3501 §6.4.4), extended by RFC 5256 (SORT, THREAD), RFC 4731 (ESEARCH), RFC 5182 (SEARCHRES), RFC 5267 (CONTEXT), RFC 6203 (FUZZY), RFC 7162 and RFC 9394.</summary>
internal static class Search
{
    public static async ValueTask<Completion> RunAsync(
        ImapSession session, IFolderView view, ImapRequest.Search request, CancellationToken cancellationToken)
    {
        if (request.HasModSeq)
            session.EnableCondStore();

        // RFC 9051 §6.4.4: the SEARCH response is no more.
        if (request is { Return: null, Thread: null, SortBy.Count: 0 } && session.Features.HasFlag(ImapFeatures.Rev2))
            request = request with { Return = new(SearchResults.All, null) };
        if (request is { Return.Results: var wanted } && wanted.HasFlag(SearchResults.Update) && session.Contexts.Has(request.Tag.Span))
            return Completion.Bad("Tag reuse");
        var found = await FindAsync(session, view, request, cancellationToken).ConfigureAwait(false);
        if (request.Return is { } options && options.Results.HasFlag(SearchResults.Save))
            session.SavedUids = SavedOf(view, options, found.Problem is null ? found.Value : []);
        if (!found.TryGet(out var sequences, out var problem))
            return request.IsCharsetUnknown ? BadCharset : Completion.From(problem);
        if (request.Thread is { } algorithm)
        {
            await ThreadResponse.WriteAsync(session, view, sequences, request.IsUid, algorithm, cancellationToken).ConfigureAwait(false);
            return Completion.Ok("THREAD completed");
        }

        var scores = await Relevancy.OfAsync(session, view, request, cancellationToken).ConfigureAwait(false);
        var inOrder = sequences;
        if (request.SortBy.Count > 0)
            inOrder = await session.WithProgressAsync(ImapSession.TextOf(request.Tag), Sort.OrderAsync(view, sequences, request.SortBy, scores, cancellationToken)).ConfigureAwait(false);
        if (request.Return is null)
            await WriteAsync(session, view, inOrder, request).ConfigureAwait(false);
        else if (request.Source is null || inOrder.Count > 0)
            await ESearch.WriteAsync(session, view, inOrder, request, scores).ConfigureAwait(false);
        if (request.Return is { } returned && returned.Results.HasFlag(SearchResults.Update))
            session.Contexts.Begin(session, view, request, inOrder);
        return Completion.Ok(request.SortBy.Count > 0 ? "SORT completed" : "SEARCH completed");
    }

    /// <summary>RFC 3501 §6.4.4: NO, not BAD, with the charsets there are.</summary>
    private static Completion BadCharset { get; } = Completion.No("BADCHARSET (US-ASCII UTF-8)", "Unknown charset");

    private static async ValueTask<Outcome<IReadOnlyList<int>>> FindAsync(
        ImapSession session, IFolderView view, ImapRequest.Search request, CancellationToken cancellationToken)
    {
        if (request.IsCharsetUnknown)
            return new Problem(new(5, 6, 2), "Unknown charset");
        return await session.WithProgressAsync(ImapSession.TextOf(request.Tag), view.SearchAsync(new SearchKeys(session, view).From(request.Term), cancellationToken)).ConfigureAwait(false);
    }

    // RFC 5182 §2.1: nothing when the search fails. §2.4: with MIN or MAX, and neither ALL nor COUNT, only those.
    private static List<SequenceRange> SavedOf(IFolderView view, SearchReturn options, IReadOnlyList<int> found)
    {
        var isOfEnds = (options.Results & (SearchResults.Min | SearchResults.Max)) != 0
            && (options.Results & (SearchResults.All | SearchResults.Count)) == 0 && options.Partial is null;
        IEnumerable<int> saved = isOfEnds && found.Count > 0 ? EndsOf(options.Results, found) : found;
        return NumberRanges.Of(saved.Distinct().Select(view.UidAt));
    }

    private static IEnumerable<int> EndsOf(SearchResults results, IReadOnlyList<int> found)
    {
        if (results.HasFlag(SearchResults.Min))
            yield return found[0];
        if (results.HasFlag(SearchResults.Max))
            yield return found[^1];
    }

    private static async ValueTask WriteAsync(ImapSession session, IFolderView view, IReadOnlyList<int> found, ImapRequest.Search request)
    {
        var start = 0;
        while (!Write(session, view, found, request, ref start))
            await session.Output.FlushIfEnoughAsync().ConfigureAwait(false);
    }

    // A thousand numbers at a time; true when the line is complete.
    private static bool Write(ImapSession session, IFolderView view, IReadOnlyList<int> found, ImapRequest.Search request, ref int start)
    {
        var writer = session.Output.Begin();
        if (start == 0)
            writer.Raw(request.SortBy.Count > 0 ? "* SORT"u8 : "* SEARCH"u8);
        var end = Math.Min(found.Count, start + 1_000);
        for (; start < end; start++)
        {
            writer.Raw(' ');
            writer.Number(request.IsUid ? view.UidAt(found[start]) : found[start]);
        }

        if (start == found.Count)
        {
            // RFC 7162 §3.1.6.
            if (request.HasModSeq && found.Count > 0)
            {
                writer.Raw(" (MODSEQ "u8);
                writer.Number((long)found.Max(view.ModSeqAt));
                writer.Raw(')');
            }

            writer.EndLine();
        }

        writer.Commit();
        return start == found.Count;
    }
}
