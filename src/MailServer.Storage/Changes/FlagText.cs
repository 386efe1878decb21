namespace MailServer.Storage;

/// <summary>Flags and keywords as text: <c>\Seen $Junk</c>, as IMAP writes them (RFC 9051 §9, flag).</summary>
internal static class FlagText
{
    private static readonly SystemFlags[] All = [SystemFlags.Answered, SystemFlags.Deleted, SystemFlags.Draft, SystemFlags.Flagged, SystemFlags.Seen];

    public static string Write(MessageFlags flags) =>
        string.Join(' ', All.Where(flag => (flags.System & flag) != 0).Select(flag => "\\" + flag).Concat(flags.Keywords.Order(StringComparer.Ordinal)));

    public static MessageFlags Read(string? text) => Read(text?.Split(' ', StringSplitOptions.RemoveEmptyEntries) ?? []);

    public static MessageFlags Read(IEnumerable<string> words)
    {
        var system = SystemFlags.None;
        List<string> keywords = [];
        foreach (var word in words)
            if (All.FirstOrDefault(flag => word.Equals("\\" + flag, StringComparison.OrdinalIgnoreCase)) is not SystemFlags.None and var known)
                system |= known;
            else if (!word.StartsWith('\\') && !keywords.Contains(word, StringComparer.OrdinalIgnoreCase))
                keywords.Add(word);
        return new() { System = system, Keywords = keywords };
    }

    /// <summary>Equal but for <c>\Seen</c>: to read a message is no decision about it.</summary>
    public static bool AreAlike(MessageFlags left, MessageFlags right) =>
        new MessageFlags { System = left.System & ~SystemFlags.Seen, Keywords = left.Keywords }
            .Equals(new MessageFlags { System = right.System & ~SystemFlags.Seen, Keywords = right.Keywords });

    /// <summary>What is in the first and not in the second.</summary>
    public static MessageFlags Except(MessageFlags flags, MessageFlags others) => new()
    {
        System = flags.System & ~others.System,
        Keywords = [.. flags.Keywords.Where(keyword => !others.Keywords.Contains(keyword, StringComparer.OrdinalIgnoreCase))],
    };

    public static MessageFlags Union(MessageFlags flags, MessageFlags others) => new()
    {
        System = flags.System | others.System,
        Keywords = [.. flags.Keywords, .. Except(others, flags).Keywords],
    };
}
