namespace MailServer.Wire.Imap;

/// <content>Searches of several mailboxes (RFC 7377), and those whose results are kept up to date (RFC 5267).</content>
public static partial class RequestParser
{
    /// <summary>
    /// <c>esearch = "ESEARCH" [SP "IN" SP "(" source-mbox ")"] [SP "RETURN" SP search-return-opts] SP search-program</c> (RFC 7377 §4). There are no
    /// scope options.
    /// </summary>
    private static RequestFault ReadMultiSearch(ref Cursor cursor, ReadOnlyMemory<byte> tag, out ImapRequest? request)
    {
        request = null;
        IReadOnlyList<MailboxFilter> source = [new(MailboxFilterKind.Selected, [])];
        if (!cursor.TrySkipSpace() || (cursor.TrySkipWord("IN "u8) && !(MailboxFilter.TryReadList(ref cursor, out source) && cursor.TrySkipSpace())))
            return RequestFault.BadArguments;
        var options = new SearchReturn(SearchResults.All, null);
        if (cursor.TrySkipWord("RETURN "u8) && !(SearchReturn.TryRead(ref cursor, out options) && cursor.TrySkipSpace()))
            return RequestFault.BadArguments;
        var reader = new SearchReader();
        var fault = reader.Read(ref cursor, out var term);
        if (fault != RequestFault.None)
            return fault;

        // §2.2: what is saved or kept up to date is of the open mailbox.
        var isOfOpen = source.All(filter => filter.Kind == MailboxFilterKind.Selected);
        if (!isOfOpen && (options.Results & (SearchResults.Save | SearchResults.Update)) != 0)
            return RequestFault.BadArguments;
        return DoneSearch(reader.Request(tag, isUid: true, term) with { Return = options, Source = source }, out request);
    }

    /// <summary><c>"CANCELUPDATE" 1*(SP quoted)</c> (RFC 5267 §5).</summary>
    private static RequestFault ReadCancelUpdate(ref Cursor cursor, ReadOnlyMemory<byte> tag, out ImapRequest? request)
    {
        request = null;
        var searches = new List<ReadOnlyMemory<byte>>();
        while (cursor.TrySkipSpace() && !cursor.IsAtEnd)
        {
            if (searches.Count == GrammarLimits.Names)
                return RequestFault.TooMany;
            if (!cursor.TryReadString(out var search))
                return RequestFault.BadArguments;
            searches.Add(search);
        }

        return searches.Count == 0 ? RequestFault.BadArguments : Done(new ImapRequest.CancelUpdate(tag, searches), out request);
    }

    // RFC 6203 §4, §6: without FUZZY nothing is more or less relevant.
    private static RequestFault DoneSearch(ImapRequest.Search search, out ImapRequest? request)
    {
        request = null;
        var asksRelevancy = search.Return is { } options && options.Results.HasFlag(SearchResults.Relevancy);
        var sortsByRelevancy = search.SortBy.Any(criterion => criterion.Key == SortKey.Relevancy);
        return (asksRelevancy || sortsByRelevancy) && !search.HasFuzzy ? RequestFault.BadArguments : Done(search, out request);
    }
}
