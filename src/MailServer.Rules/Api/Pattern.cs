using System.Collections.Concurrent;
using System.IO.Enumeration;
using System.Text.RegularExpressions;

namespace MailServer.Rules;

/// <summary>Compares texts with patterns, in time that grows with the text's length alone.</summary>
internal static class Pattern
{
    /// <summary>Characters of a regular expression: what one is able to read.</summary>
    public const int MaxLength = 1000;

    /// <summary>Expressions kept ready: all that the rules of a server have. A rule may make them of a mail's own values; then all begin anew.</summary>
    private const int MaxKept = 500;

    /// <summary>Matching is linear, and texts are bounded: this is for a machine that stands still.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(1);

    private static readonly ConcurrentDictionary<string, Regex> Kept = new(StringComparer.Ordinal);

    /// <summary>Whether a text fits, with <c>*</c> for any text and <c>?</c> for one character, without case.</summary>
    public static bool IsLike(string pattern, string text) => FileSystemName.MatchesSimpleExpression(pattern, text, ignoreCase: true);

    /// <summary>The expression made ready: without case, and without backtracking, so that no mail can make it run for ever.</summary>
    /// <exception cref="ArgumentException">It is no regular expression, or too long.</exception>
    /// <exception cref="NotSupportedException">It looks ahead, behind or back (<c>(?=</c>, <c>\1</c>), which cannot be done in linear time.</exception>
    public static Regex Of(string expression)
    {
        if (Kept.TryGetValue(expression, out var known))
            return known;
        if (expression.Length > MaxLength)
            throw new ArgumentException($"a regular expression has at most {MaxLength} characters");
        var made = new Regex(expression, RegexOptions.NonBacktracking | RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, Limit);
        if (Kept.Count >= MaxKept)
            Kept.Clear();
        return Kept.GetOrAdd(expression, made);
    }
}
