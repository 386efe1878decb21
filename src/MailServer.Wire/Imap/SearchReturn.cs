using System.Text;

namespace MailServer.Wire.Imap;

/// <summary>Result options of an extended SEARCH (RFC 4731 §3.1, RFC 5182 §2.4).</summary>
[Flags]
public enum SearchResults
{
    /// <summary>None: nothing is answered but that it is done.</summary>
    None = 0,
    /// <summary>MIN.</summary>
    Min = 1,
    /// <summary>MAX.</summary>
    Max = 2,
    /// <summary>ALL.</summary>
    All = 4,
    /// <summary>COUNT.</summary>
    Count = 8,
    /// <summary>SAVE.</summary>
    Save = 16,
    /// <summary>UPDATE: changes of the result are told (RFC 5267 §4.3).</summary>
    Update = 32,
    /// <summary>CONTEXT: a hint that the search will be repeated (RFC 5267 §4.2).</summary>
    Context = 64,
    /// <summary>RELEVANCY (RFC 6203 §4).</summary>
    Relevancy = 128,
}

/// <summary>What <c>RETURN (...)</c> asks for.</summary>
/// <param name="Results">The options.</param>
/// <param name="Partial">PARTIAL's range, or null (RFC 9394 §3.1).</param>
public sealed record SearchReturn(SearchResults Results, ResultRange? Partial)
{
    /// <summary>
    /// Reads <c>"(" [search-return-opt *(SP search-return-opt)] ")"</c>. An empty list is ALL (RFC 4731 §3.1); ALL and PARTIAL exclude each
    /// other (RFC 9394 §3.1).
    /// </summary>
    internal static bool TryRead(ref Cursor cursor, out SearchReturn options)
    {
        options = new(SearchResults.All, null);
        if (!cursor.TrySkip('('))
            return false;
        if (cursor.TrySkip(')'))
            return true;
        var (results, partial) = (SearchResults.None, (ResultRange?)null);
        do
        {
            if (!cursor.TryReadAtom(out var name))
                return false;
            if (Ascii.EqualsIgnoreCase(name.Span, "PARTIAL"u8))
            {
                if (partial is not null || !cursor.TrySkipSpace() || !ResultRange.TryRead(ref cursor, out var range))
                    return false;
                partial = range;
            }
            else if (ResultOf(name.Span) is var result and not SearchResults.None)
            {
                results |= result;
            }
            else
            {
                return false;
            }
        }
        while (cursor.TrySkipSpace());

        options = new(results, partial);
        return cursor.TrySkip(')') && (partial is null || (results & SearchResults.All) == 0);
    }

    private static SearchResults ResultOf(ReadOnlySpan<byte> name) =>
        Ascii.EqualsIgnoreCase(name, "MIN"u8) ? SearchResults.Min
        : Ascii.EqualsIgnoreCase(name, "MAX"u8) ? SearchResults.Max
        : Ascii.EqualsIgnoreCase(name, "ALL"u8) ? SearchResults.All
        : Ascii.EqualsIgnoreCase(name, "COUNT"u8) ? SearchResults.Count
        : Ascii.EqualsIgnoreCase(name, "SAVE"u8) ? SearchResults.Save
        : Ascii.EqualsIgnoreCase(name, "UPDATE"u8) ? SearchResults.Update
        : Ascii.EqualsIgnoreCase(name, "CONTEXT"u8) ? SearchResults.Context
        : Ascii.EqualsIgnoreCase(name, "RELEVANCY"u8) ? SearchResults.Relevancy
        : SearchResults.None;
}
