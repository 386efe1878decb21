using System.Buffers;

namespace MailServer.Storage;

/// <summary>What may be a keyword: an atom of IMAP (RFC 9051 §9, flag-keyword), which is also one word in <c>dovecot-keywords</c>.</summary>
internal static class KeywordName
{
    /// <summary>Octets of one keyword: more than any program uses.</summary>
    private const int MaxLength = 100;

    /// <summary>Keywords of one command.</summary>
    private const int MaxCount = 64;

    private static readonly SearchValues<char> Special = SearchValues.Create("(){%*\"\\]");

    public static bool AreAllowed(IReadOnlyList<string> names)
    {
        if (names.Count > MaxCount)
            return false;
        foreach (var name in names)
            if (!IsAllowed(name))
                return false;
        return true;
    }

    /// <summary>What can be kept of a delivery's flags: a mail is not refused for a rule's odd keyword.</summary>
    public static MessageFlags Allowed(MessageFlags flags) =>
        AreAllowed(flags.Keywords) ? flags : flags with { Keywords = [.. flags.Keywords.Where(IsAllowed).Take(MaxCount)] };

    /// <summary>A name of another program's as IMAP can say it; what it cannot becomes <c>_</c>.</summary>
    public static string Mended(string name)
    {
        if (IsAllowed(name))
            return name;
        var mended = string.Concat(name.Take(MaxLength).Select(c => c is >= '!' and <= '~' && !Special.Contains(c) ? c : '_'));
        return mended.Length == 0 ? "_" : mended;
    }

    public static bool IsAllowed(string name) =>
        name.Length is > 0 and <= MaxLength && name.AsSpan().IndexOfAnyExceptInRange('!', '~') < 0 && name.AsSpan().IndexOfAny(Special) < 0;
}
