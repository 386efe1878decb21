using System.Text;

namespace MailServer.Wire.Imap;

/// <summary>Where a piece of APPEND begins.</summary>
public enum AppendState
{
    /// <summary>With the tag.</summary>
    Start,
    /// <summary>Behind the literal that was a whole message.</summary>
    AfterMessage,
    /// <summary>Behind a literal of CATENATE.</summary>
    WithinCatenate,
    /// <summary>As <see cref="AfterMessage"/>, with the parenthesis of UTF8 to come (RFC 6855 §4).</summary>
    AfterUtf8Message,
    /// <summary>As <see cref="WithinCatenate"/>, with the parenthesis of UTF8 to come.</summary>
    WithinUtf8Catenate,
}

/// <summary>What a piece of APPEND asks for, in order.</summary>
public abstract record AppendStep
{
    private AppendStep()
    {
    }

    /// <summary>A message begins.</summary>
    public sealed record Begin(FlagList Flags, DateTimeOffset? InternalDate) : AppendStep;

    /// <summary>What an IMAP URL names belongs to the message (RFC 4469 §3).</summary>
    public sealed record Url(ReadOnlyMemory<byte> Text) : AppendStep;

    /// <summary>The literal that ends the piece belongs to the message.</summary>
    /// <param name="IsBinary">Whether it is a <c>literal8</c> (RFC 3516 §4.4).</param>
    /// <param name="IsUtf8">Whether it is a <c>utf8-literal</c>, which a parenthesis closes (RFC 6855 §4).</param>
    public sealed record Data(bool IsBinary, bool IsUtf8) : AppendStep;

    /// <summary>The message is complete.</summary>
    public sealed record End : AppendStep;
}

/// <summary>
/// A piece of APPEND (RFC 3501 §6.3.11) with several messages (RFC 3502) and messages put together (RFC 4469), or of REPLACE (RFC 8508): what
/// stands between two literals of messages. Those are never held in memory.
/// </summary>
/// <param name="Tag">The client's tag; empty but at the start.</param>
/// <param name="Mailbox">Where the messages go; empty but at the start.</param>
/// <param name="Steps">What is asked for.</param>
/// <param name="Next">How the next piece begins, when a literal follows.</param>
public sealed record AppendRequest(ReadOnlyMemory<byte> Tag, ReadOnlyMemory<byte> Mailbox, IReadOnlyList<AppendStep> Steps, AppendState Next)
{
    /// <summary>Whether the command is REPLACE; its one message takes the place of <see cref="Replaced"/>.</summary>
    public bool IsReplace { get; init; }

    /// <summary>The message that REPLACE takes away, a sequence number or <c>*</c>.</summary>
    public SequenceRange Replaced { get; init; }

    /// <summary>Whether <see cref="Replaced"/> is a UID.</summary>
    public bool IsUid { get; init; }

    /// <summary>Whether the command ends here: no literal follows.</summary>
    public bool IsLast => Steps is not [.., AppendStep.Data];

    /// <summary>Whether the literal whose announcement ends these octets (CRLF included) is of a message.</summary>
    internal static bool IsMessageNext(ReadOnlyMemory<byte> octets, AppendState state, out AppendState next)
    {
        // Wrong flags and dates must not turn a message into a literal held in memory.
        var isNext = TryRead(octets, state, isTolerant: true, out var request) && !request.IsLast;
        next = request.Next;
        return isNext;
    }

    /// <summary>
    /// Reads <c>append = "APPEND" SP mailbox 1*([SP flag-list] [SP date-time] SP (append-literal / "CATENATE" SP "(" cat-part *(SP cat-part) ")"))</c>
    /// with <c>append-literal = literal / literal8 / "UTF8" SP "(" literal8 ")"</c>, up to a message's literal, or to the end. False when flags, date or anything else is wrong.
    /// </summary>
    public static bool TryRead(ReadOnlyMemory<byte> octets, AppendState state, out AppendRequest request) =>
        TryRead(octets, state, isTolerant: false, out request);

    private static bool TryRead(ReadOnlyMemory<byte> octets, AppendState state, bool isTolerant, out AppendRequest request)
    {
        var cursor = new Cursor(octets);
        var steps = new List<AppendStep>(2);
        request = new(default, default, steps, AppendState.AfterMessage);
        if (state is AppendState.AfterUtf8Message or AppendState.WithinUtf8Catenate)
        {
            if (!cursor.TrySkip(')'))
                return false;
            state = state == AppendState.AfterUtf8Message ? AppendState.AfterMessage : AppendState.WithinCatenate;
        }

        if (state == AppendState.Start)
        {
            if (!cursor.TryReadTag(out var tag) || !cursor.TrySkipSpace() || !TryReadVerb(ref cursor, ref request) || !cursor.TryReadAString(out var mailbox))
                return false;
            request = request with { Tag = tag, Mailbox = mailbox };
        }
        else if (state == AppendState.AfterMessage)
        {
            steps.Add(new AppendStep.End());
        }
        else if (!TryReadParts(ref cursor, steps, isFirst: false))
        {
            return false;
        }

        while (steps is not [.., AppendStep.Data])
        {
            if (cursor.IsAtEnd)
                return steps.Count > 0;
            if (!cursor.TrySkipSpace() || !TryReadMessage(ref cursor, steps, isTolerant, out var isCatenate))
                return false;
            state = isCatenate ? AppendState.WithinCatenate : AppendState.AfterMessage;
        }

        request = request with { Next = NextOf(state == AppendState.WithinCatenate, steps[^1] is AppendStep.Data { IsUtf8: true }) };
        return true;
    }

    private static AppendState NextOf(bool isCatenate, bool isUtf8) => (isCatenate, isUtf8) switch
    {
        (false, false) => AppendState.AfterMessage,
        (false, true) => AppendState.AfterUtf8Message,
        (true, false) => AppendState.WithinCatenate,
        (true, true) => AppendState.WithinUtf8Catenate,
    };

    /// <summary>Whether a command that begins with this name, and goes on so, is one of these.</summary>
    internal static bool Begins(ReadOnlySpan<byte> name, ReadOnlySpan<byte> rest) =>
        Ascii.EqualsIgnoreCase(name, "APPEND"u8) || Ascii.EqualsIgnoreCase(name, "REPLACE"u8)
        || (Ascii.EqualsIgnoreCase(name, "UID"u8) && rest.Length > 8 && Ascii.EqualsIgnoreCase(rest[..8], " REPLACE"u8));

    /// <summary><c>"APPEND" SP / ["UID" SP] "REPLACE" SP seq-number SP</c> (RFC 8508 §5).</summary>
    private static bool TryReadVerb(ref Cursor cursor, ref AppendRequest request)
    {
        if (cursor.TrySkipWord("APPEND "u8))
            return true;
        var isUid = cursor.TrySkipWord("UID REPLACE "u8);
        if ((!isUid && !cursor.TrySkipWord("REPLACE "u8)) || !cursor.TryReadSequenceSet(out var set) || set is not [var only] || only.First != only.Last
            || only == SequenceRange.SearchResult)
            return false;
        request = request with { IsReplace = true, IsUid = isUid, Replaced = only };
        return cursor.TrySkipSpace();
    }

    private static bool TryReadMessage(ref Cursor cursor, List<AppendStep> steps, bool isTolerant, out bool isCatenate)
    {
        isCatenate = false;
        var flags = FlagList.Empty;
        DateTimeOffset? date = null;
        if (isTolerant)
        {
            if (!TrySkipArguments(ref cursor))
                return false;
        }
        else if (!TryReadArguments(ref cursor, ref flags, ref date))
        {
            return false;
        }

        steps.Add(new AppendStep.Begin(flags, date));
        isCatenate = cursor.TrySkipWord("CATENATE ("u8);
        if (isCatenate)
            return TryReadParts(ref cursor, steps, isFirst: true);
        return TryReadLiteral(ref cursor, steps);
    }

    private static bool TryReadArguments(ref Cursor cursor, ref FlagList flags, ref DateTimeOffset? date)
    {
        if (cursor.Next == (byte)'(' && !(FlagReader.TryReadList(ref cursor, out flags) && cursor.TrySkipSpace()))
            return false;
        if (cursor.Next != (byte)'"')
            return true;
        if (!DateReader.TryReadDateTime(ref cursor, out var time) || !cursor.TrySkipSpace())
            return false;
        date = time;
        return true;
    }

    // Whatever stands between parentheses or quotes.
    private static bool TrySkipArguments(ref Cursor cursor)
    {
        if (cursor.TrySkip('('))
            while (!cursor.TrySkip(')'))
                if (cursor.IsAtEnd || !cursor.TrySkip((char)cursor.Next))
                    return false;
        cursor.TrySkipSpace();
        return cursor.Next != (byte)'"' || (cursor.TryReadString(out _) && cursor.TrySkipSpace());
    }

    /// <summary><c>cat-part *(SP cat-part) ")"</c>, up to a literal; <c>cat-part = "TEXT" SP literal / utf8-literal / "URL" SP astring</c>.</summary>
    private static bool TryReadParts(ref Cursor cursor, List<AppendStep> steps, bool isFirst)
    {
        while (isFirst || !cursor.TrySkip(')'))
        {
            if (!isFirst && !cursor.TrySkipSpace())
                return false;
            isFirst = false;
            if (cursor.TrySkipWord("TEXT "u8) || IsUtf8Next(cursor))
                return TryReadLiteral(ref cursor, steps);

            if (!cursor.TrySkipWord("URL "u8) || !cursor.TryReadAString(out var url))
                return false;
            steps.Add(new AppendStep.Url(url));
        }

        steps.Add(new AppendStep.End());
        return true;
    }

    private static bool IsUtf8Next(Cursor cursor) => cursor.TrySkipWord("UTF8 ("u8);

    /// <summary><c>literal / literal8 / "UTF8" SP "(" literal8</c>, up to its octets.</summary>
    private static bool TryReadLiteral(ref Cursor cursor, List<AppendStep> steps)
    {
        var isUtf8 = cursor.TrySkipWord("UTF8 ("u8);
        var isBinary = cursor.TrySkip('~');
        if (isUtf8 && !isBinary)
            return false;
        steps.Add(new AppendStep.Data(isBinary && !isUtf8, isUtf8));
        return EndsWithLiteral(ref cursor);
    }

    private static bool EndsWithLiteral(ref Cursor cursor)
    {
        if (!cursor.TrySkip('{') || !cursor.TryReadNumber64(out _))
            return false;
        cursor.TrySkip('+');
        return cursor.TrySkipWord("}\r\n"u8) && cursor.IsAtEnd;
    }
}
