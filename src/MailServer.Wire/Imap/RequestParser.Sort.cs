using System.Text;

namespace MailServer.Wire.Imap;

/// <content>SORT and THREAD (RFC 5256 §5).</content>
public static partial class RequestParser
{
    private static RequestFault ReadSort(ref Cursor cursor, ReadOnlyMemory<byte> tag, out ImapRequest? request) =>
        ReadSort(ref cursor, tag, isUid: false, out request);

    /// <summary><c>sort = "SORT" [SP "RETURN" SP search-return-opts] SP sort-criteria SP charset 1*(SP search-key)</c> (RFC 5267 §5).</summary>
    private static RequestFault ReadSort(ref Cursor cursor, ReadOnlyMemory<byte> tag, bool isUid, out ImapRequest? request)
    {
        request = null;
        SearchReturn? options = null;
        if (!cursor.TrySkipSpace() || (cursor.TrySkipWord("RETURN "u8) && !(SearchReturn.TryRead(ref cursor, out options) && cursor.TrySkipSpace())))
            return RequestFault.BadArguments;
        var fault = ReadCriteria(ref cursor, out var criteria);
        if (fault != RequestFault.None)
            return fault;
        return ReadKeys(ref cursor, tag, isUid, out var search) is var bad and not RequestFault.None
            ? bad
            : DoneSearch(search with { Return = options, SortBy = criteria }, out request);
    }

    private static RequestFault ReadThread(ref Cursor cursor, ReadOnlyMemory<byte> tag, out ImapRequest? request) =>
        ReadThread(ref cursor, tag, isUid: false, out request);

    /// <summary><c>thread = "THREAD" SP thread-alg SP charset 1*(SP search-key)</c>.</summary>
    private static RequestFault ReadThread(ref Cursor cursor, ReadOnlyMemory<byte> tag, bool isUid, out ImapRequest? request)
    {
        request = null;
        if (!cursor.TrySkipSpace() || !cursor.TryReadAtom(out var name))
            return RequestFault.BadArguments;
        ThreadAlgorithm algorithm;
        if (Ascii.EqualsIgnoreCase(name.Span, "REFERENCES"u8))
            algorithm = ThreadAlgorithm.References;
        else if (Ascii.EqualsIgnoreCase(name.Span, "ORDEREDSUBJECT"u8))
            algorithm = ThreadAlgorithm.OrderedSubject;
        else
            return RequestFault.BadArguments;
        return ReadKeys(ref cursor, tag, isUid, out var search) is var bad and not RequestFault.None
            ? bad
            : Done(search with { Thread = algorithm }, out request);
    }

    private static RequestFault ReadKeys(ref Cursor cursor, ReadOnlyMemory<byte> tag, bool isUid, out ImapRequest.Search search)
    {
        search = new(tag, isUid, new(SearchWord.All));
        if (!cursor.TrySkipSpace())
            return RequestFault.BadArguments;
        var reader = new SearchReader();
        var fault = reader.ReadWithCharset(ref cursor, out var term);
        search = reader.Request(tag, isUid, term);
        return fault;
    }

    /// <summary><c>sort-criteria = "(" sort-criterion *(SP sort-criterion) ")"</c>.</summary>
    private static RequestFault ReadCriteria(ref Cursor cursor, out IReadOnlyList<SortCriterion> criteria)
    {
        var list = new List<SortCriterion>(2);
        criteria = list;
        if (!cursor.TrySkip('('))
            return RequestFault.BadArguments;
        do
        {
            if (list.Count == GrammarLimits.SortCriteria)
                return RequestFault.TooMany;
            var isReverse = cursor.TrySkipWord("REVERSE "u8);
            if (!cursor.TryReadAtom(out var name) || !TryFindKey(name.Span, out var key))
                return RequestFault.BadArguments;
            list.Add(new(key, isReverse));
        }
        while (cursor.TrySkipSpace());

        return cursor.TrySkip(')') ? RequestFault.None : RequestFault.BadArguments;
    }

    private static bool TryFindKey(ReadOnlySpan<byte> name, out SortKey key)
    {
        foreach (var one in Enum.GetValues<SortKey>())
            if (Ascii.EqualsIgnoreCase(name, one.ToString()))
            {
                key = one;
                return true;
            }

        key = default;
        return false;
    }
}
