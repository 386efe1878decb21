namespace MailServer.Wire.Imap;

/// <summary>APPEND up to its message (RFC 3501 §6.3.11): the message itself is never held in memory.</summary>
/// <param name="Tag">The client's tag.</param>
/// <param name="Mailbox">Where the message goes.</param>
/// <param name="Flags">Its flags.</param>
/// <param name="InternalDate">Its date, or null for now.</param>
public sealed record AppendRequest(ReadOnlyMemory<byte> Tag, ReadOnlyMemory<byte> Mailbox, FlagList Flags, DateTimeOffset? InternalDate)
{
    /// <summary>Whether the literal whose announcement ends these octets (CRLF included) is APPEND's message.</summary>
    internal static bool IsMessageNext(ReadOnlyMemory<byte> octets)
    {
        var cursor = new Cursor(octets);
        return cursor.TryReadTag(out _) && cursor.TrySkip(' ') && cursor.TrySkipWord("APPEND "u8)
            && cursor.TryReadAString(out _) && cursor.TrySkipSpace() && TrySkipArguments(ref cursor) && EndsWithLiteral(ref cursor);
    }

    /// <summary>
    /// Reads <c>append = "APPEND" SP mailbox [SP flag-list] [SP date-time] SP literal</c> up to the literal, after <see cref="RequestEvent.Message"/>.
    /// False when flags or date are wrong.
    /// </summary>
    public static bool TryRead(ReadOnlyMemory<byte> octets, out AppendRequest request)
    {
        var cursor = new Cursor(octets);
        request = new(default, default, FlagList.Empty, null);
        if (!cursor.TryReadTag(out var tag) || !cursor.TrySkipSpace() || !cursor.TrySkipWord("APPEND "u8)
            || !cursor.TryReadAString(out var mailbox) || !cursor.TrySkipSpace())
            return false;

        var flags = FlagList.Empty;
        if (cursor.Next == (byte)'(' && !(FlagReader.TryReadList(ref cursor, out flags) && cursor.TrySkipSpace()))
            return false;
        DateTimeOffset? date = null;
        if (cursor.Next == (byte)'"')
        {
            if (!DateReader.TryReadDateTime(ref cursor, out var time) || !cursor.TrySkipSpace())
                return false;
            date = time;
        }

        request = new(tag, mailbox, flags, date);
        return EndsWithLiteral(ref cursor);
    }

    // Whatever stands between parentheses or quotes: wrong flags and dates must not turn a message into a literal held in memory.
    private static bool TrySkipArguments(ref Cursor cursor)
    {
        if (cursor.TrySkip('('))
            while (!cursor.TrySkip(')'))
                if (cursor.IsAtEnd || !cursor.TrySkip((char)cursor.Next))
                    return false;
        cursor.TrySkipSpace();
        return cursor.Next != (byte)'"' || (cursor.TryReadString(out _) && cursor.TrySkipSpace());
    }

    private static bool EndsWithLiteral(ref Cursor cursor)
    {
        if (!cursor.TrySkip('{') || !cursor.TryReadNumber64(out _))
            return false;
        cursor.TrySkip('+');
        return cursor.TrySkipWord("}\r\n"u8) && cursor.IsAtEnd;
    }
}
