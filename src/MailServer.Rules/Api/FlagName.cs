using System.Buffers;

namespace MailServer.Rules;

/// <summary>Checks flags: <c>flag = "\Answered" / "\Flagged" / "\Deleted" / "\Seen" / "\Draft" / flag-keyword</c> (RFC 9051 §9).</summary>
internal static class FlagName
{
    /// <summary>Characters of a keyword: more than any known one has; it must fit in one line of <c>dovecot-keywords</c>.</summary>
    public const int MaxLength = 100;

    // atom-specials and CTL may not be in an atom (RFC 9051 §9).
    private static readonly SearchValues<char> Specials = SearchValues.Create("(){ %*\"\\]");

    public static bool IsValid(string? flag) => flag switch
    {
        RuleGlobals.Seen or RuleGlobals.Flagged or RuleGlobals.Answered or RuleGlobals.Draft or RuleGlobals.Deleted => true,
        null or { Length: 0 or > MaxLength } => false,
        _ => !flag.AsSpan().ContainsAnyExceptInRange('!', '~') && !flag.AsSpan().ContainsAny(Specials),
    };
}
