using System.Buffers;

namespace MailServer.Pipeline;

/// <summary>Reads the flags that rules name: <c>flag = "\Answered" / "\Flagged" / "\Deleted" / "\Seen" / "\Draft" / flag-keyword</c> (RFC 9051 §9).</summary>
internal static class FlagWords
{
    /// <summary>Keywords of one message: more than people use, few enough for one line of a Maildir's list.</summary>
    public const int MaxKeywords = 50;

    private const int MaxLength = 100;

    private static readonly SearchValues<char> Specials = SearchValues.Create("(){ %*\"\\]");

    public static MessageFlags Read(IReadOnlyList<string> words, Action<string> bad)
    {
        var system = SystemFlags.None;
        List<string>? keywords = null;
        foreach (var word in words)
            if (SystemFlag(word) is { } flag)
                system |= flag;
            else if (!IsKeyword(word) || keywords?.Count >= MaxKeywords)
                bad(OneLine.Of(word));
            else if (keywords?.Contains(word, StringComparer.OrdinalIgnoreCase) != true)
                (keywords ??= []).Add(word);
        return new() { System = system, Keywords = keywords ?? [] };
    }

    public static MessageFlags Union(MessageFlags one, MessageFlags other) => new()
    {
        System = one.System | other.System,
        Keywords = [.. one.Keywords.Union(other.Keywords, StringComparer.OrdinalIgnoreCase).Take(MaxKeywords)],
    };

    private static SystemFlags? SystemFlag(string? word) => word?.ToUpperInvariant() switch
    {
        @"\SEEN" => SystemFlags.Seen,
        @"\ANSWERED" => SystemFlags.Answered,
        @"\FLAGGED" => SystemFlags.Flagged,
        @"\DELETED" => SystemFlags.Deleted,
        @"\DRAFT" => SystemFlags.Draft,
        _ => null,
    };

    private static bool IsKeyword(string? word) =>
        word is { Length: > 0 and <= MaxLength } && !word.AsSpan().ContainsAnyExceptInRange('!', '~') && !word.AsSpan().ContainsAny(Specials);
}
