using System.Text;

namespace MailServer.Wire.Imap;

/// <summary>Reads flags (RFC 9051 §9).</summary>
internal static class FlagReader
{
    /// <summary><c>flag-list = "(" [flag *(SP flag)] ")"</c>.</summary>
    public static bool TryReadList(ref Cursor cursor, out FlagList flags)
    {
        flags = FlagList.Empty;
        if (!cursor.TrySkip('('))
            return false;
        if (cursor.TrySkip(')'))
            return true;
        return TryReadFlags(ref cursor, out flags) && cursor.TrySkip(')');
    }

    /// <summary><c>flag *(SP flag)</c>.</summary>
    public static bool TryReadFlags(ref Cursor cursor, out FlagList flags)
    {
        flags = FlagList.Empty;
        var system = FlagBits.None;
        List<ReadOnlyMemory<byte>>? keywords = null;
        for (var count = 0; ; count++)
        {
            if (count == GrammarLimits.Flags || !TryReadFlag(ref cursor, ref system, ref keywords))
                return false;
            if (!cursor.TrySkipSpace())
                break;
        }

        flags = new(system, keywords is null ? [] : keywords);
        return true;
    }

    private static bool TryReadFlag(ref Cursor cursor, ref FlagBits system, ref List<ReadOnlyMemory<byte>>? keywords)
    {
        if (cursor.TrySkip('\\'))
        {
            if (!cursor.TryReadAtom(out var name))
                return false;
            var bit = BitOf(name.Span);
            system |= bit;

            // \Recent is the server's alone (RFC 3501 §2.3.2): clients that copy flags send it, and it is passed over.
            return bit != FlagBits.None || Ascii.EqualsIgnoreCase(name.Span, "RECENT"u8);
        }

        if (!cursor.TryReadAtom(out var keyword) || keyword.Length > GrammarLimits.KeywordOctets)
            return false;
        keywords ??= [];
        if (!keywords.Exists(known => Ascii.EqualsIgnoreCase(known.Span, keyword.Span)))
            keywords.Add(keyword);
        return true;
    }

    private static FlagBits BitOf(ReadOnlySpan<byte> name) => name.Length switch
    {
        4 when Ascii.EqualsIgnoreCase(name, "SEEN"u8) => FlagBits.Seen,
        5 when Ascii.EqualsIgnoreCase(name, "DRAFT"u8) => FlagBits.Draft,
        7 when Ascii.EqualsIgnoreCase(name, "FLAGGED"u8) => FlagBits.Flagged,
        7 when Ascii.EqualsIgnoreCase(name, "DELETED"u8) => FlagBits.Deleted,
        8 when Ascii.EqualsIgnoreCase(name, "ANSWERED"u8) => FlagBits.Answered,
        _ => FlagBits.None,
    };
}
