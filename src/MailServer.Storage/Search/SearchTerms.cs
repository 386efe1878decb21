using System.Text;

namespace MailServer.Storage;

/// <summary>
/// How a text becomes terms of the index: three characters each, without case. What matches in a message has all its terms among the
/// message's, so that asking for them finds every message that matches, and a few that do not.
/// </summary>
internal static class SearchTerms
{
    /// <summary>A shorter text has no term: its messages must be read.</summary>
    public const int Length = 3;

    /// <summary>Terms asked for at once: a few dozen rule out nearly all that all would, and a client may send a text of many thousand.</summary>
    private const int MaxTerms = 24;

    /// <summary>
    /// Takes case away exactly as a comparison by <see cref="StringComparison.OrdinalIgnoreCase"/> does. NUL, where SQLite would stop
    /// reading, becomes a space.
    /// </summary>
    public static void Fold(ReadOnlySpan<char> text, Span<char> folded)
    {
        var length = text.ToUpperInvariant(folded);
        folded[..length].Replace('\0', ' ');
    }

    /// <summary>What to ask the index for: <c>"ABC" AND "BCD"</c>; null when the text has no term that the index could have.</summary>
    public static string? QueryOf(string text)
    {
        var folded = new char[text.Length];
        text.AsSpan().ToUpperInvariant(folded);
        HashSet<string> terms = [];

        // The last one counts as much as the first: from a long text they are taken at equal distances.
        var step = Math.Max(1, (text.Length - Length) / (MaxTerms - 1));
        for (var at = 0; at + Length <= folded.Length && terms.Count < MaxTerms; at += step)
            if (IsTerm(folded.AsSpan(at, Length)))
                terms.Add(new string(folded, at, Length));
        if (terms.Count == 0)
            return null;

        var query = new StringBuilder();
        foreach (var term in terms)
            query.Append(query.Length > 0 ? " AND \"" : "\"").Append(term.Replace("\"", "\"\"", StringComparison.Ordinal)).Append('"');
        return query.ToString();
    }

    // SQLite counts code points where .NET counts UTF-16 units: a term within a surrogate pair is none.
    private static bool IsTerm(ReadOnlySpan<char> term)
    {
        foreach (var letter in term)
            if (letter == '\0' || char.IsSurrogate(letter))
                return false;
        return true;
    }
}
