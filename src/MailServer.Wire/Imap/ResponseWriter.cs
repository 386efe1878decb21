using System.Buffers;
using System.Buffers.Text;

namespace MailServer.Wire.Imap;

/// <summary>
/// Writes the elements of responses (RFC 9051 §9) into a buffer; nothing is sent before <see cref="Commit"/>.
/// A ref struct, so that a response of many small pieces costs one advance of the output.
/// </summary>
public ref struct ResponseWriter(IBufferWriter<byte> output)
{
    private const int Chunk = 256;

    // Longer texts go as literals: they would make lines that a client's line limit refuses.
    private const int MaxQuoted = 1_024;

    // What a quoted string can hold without escapes: printable US-ASCII but DQUOTE and backslash.
    private static readonly SearchValues<byte> PlainQuoted =
        SearchValues.Create([.. Enumerable.Range(0x20, 0x5F).Where(c => c is not ('"' or '\\')).Select(c => (byte)c)]);

    private static readonly SearchValues<byte> AtomChars =
        SearchValues.Create("!#$&'+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[]^_`abcdefghijklmnopqrstuvwxyz|}~"u8);

    private readonly IBufferWriter<byte> _output = output;
    private Span<byte> _span;
    private int _used;

    private static ReadOnlySpan<byte> Months => "JanFebMarAprMayJunJulAugSepOctNovDec"u8;

    /// <summary>Hands what was written to the output.</summary>
    public void Commit()
    {
        if (_used > 0)
            _output.Advance(_used);
        _span = default;
        _used = 0;
    }

    /// <summary>Octets as they are.</summary>
    public void Raw(ReadOnlySpan<byte> octets)
    {
        while (!octets.TryCopyTo(Room(Math.Min(octets.Length, Chunk))))
        {
            var fits = _span.Length - _used;
            octets[..fits].CopyTo(_span[_used..]);
            _used += fits;
            octets = octets[fits..];
        }

        _used += octets.Length;
    }

    /// <summary>One octet.</summary>
    public void Raw(char c)
    {
        Room(1)[0] = (byte)c;
        _used++;
    }

    /// <summary>A text of US-ASCII; anything else becomes <c>?</c>.</summary>
    public void Ascii(string text)
    {
        foreach (var c in text)
            Raw(c is >= ' ' and <= '~' ? c : '?');
    }

    /// <summary>CRLF.</summary>
    public void EndLine() => Raw("\r\n"u8);

    /// <summary><c>number64</c>.</summary>
    public void Number(long number)
    {
        // Twenty digits and a sign at most.
        Utf8Formatter.TryFormat(number, Room(21), out var written);
        _used += written;
    }

    /// <summary><c>string</c>: quoted where that can hold it, else a literal.</summary>
    public void Text(ReadOnlySpan<byte> text)
    {
        if (text.Length <= MaxQuoted && !text.ContainsAnyExcept(PlainQuoted))
        {
            Raw('"');
            Raw(text);
            Raw('"');
        }
        else if (text.Length <= MaxQuoted && !text.ContainsAnyExceptInRange((byte)' ', (byte)'~'))
        {
            Escaped(text);
        }
        else
        {
            LiteralHeader(text.Length);
            Raw(text);
        }
    }

    /// <summary><c>astring</c>: an atom where that can hold it and is not NIL.</summary>
    public void AString(ReadOnlySpan<byte> text)
    {
        if (text.IsEmpty || text.ContainsAnyExcept(AtomChars) || System.Text.Ascii.EqualsIgnoreCase(text, "NIL"u8))
            Text(text);
        else
            Raw(text);
    }

    /// <summary>As <see cref="AString"/>, for who takes UTF-8 between quotes (RFC 6855 §3, RFC 9051 §4.3).</summary>
    public void Utf8AString(ReadOnlySpan<byte> text)
    {
        if (System.Text.Ascii.IsValid(text))
            AString(text);
        else if (text.Length <= MaxQuoted && text.IndexOfAny("\r\n\0"u8) < 0)
            Escaped(text);
        else
            Text(text);
    }

    /// <summary><c>"{" number64 "}" CRLF</c>: so many octets follow.</summary>
    public void LiteralHeader(long size)
    {
        Raw('{');
        Number(size);
        Raw("}\r\n"u8);
    }

    /// <summary><c>flag-list</c>, with <c>\Recent</c> where it is so.</summary>
    public void Flags(FlagBits system, IReadOnlyList<string> keywords, bool isRecent)
    {
        Raw('(');
        var any = false;
        Flag(system, FlagBits.Answered, "\\Answered"u8, ref any);
        Flag(system, FlagBits.Flagged, "\\Flagged"u8, ref any);
        Flag(system, FlagBits.Deleted, "\\Deleted"u8, ref any);
        Flag(system, FlagBits.Seen, "\\Seen"u8, ref any);
        Flag(system, FlagBits.Draft, "\\Draft"u8, ref any);
        if (isRecent)
            Flag(FlagBits.Seen, FlagBits.Seen, "\\Recent"u8, ref any);
        for (var i = 0; i < keywords.Count; i++)
        {
            if (any)
                Raw(' ');
            Ascii(keywords[i]);
            any = true;
        }

        Raw(')');
    }

    /// <summary><c>date-time = DQUOTE date-day-fixed "-" date-month "-" date-year SP time SP zone DQUOTE</c>.</summary>
    public void DateTime(DateTimeOffset time)
    {
        var span = Room(28);
        "\"dd-mmm-yyyy hh:mm:ss +zzzz\""u8.CopyTo(span);
        TwoDigits(span[1..], time.Day);
        if (time.Day < 10)
            span[1] = (byte)' ';
        Months.Slice((time.Month - 1) * 3, 3).CopyTo(span[4..]);
        TwoDigits(span[8..], time.Year / 100);
        TwoDigits(span[10..], time.Year % 100);
        TwoDigits(span[13..], time.Hour);
        TwoDigits(span[16..], time.Minute);
        TwoDigits(span[19..], time.Second);
        var zone = (int)time.Offset.TotalMinutes;
        span[22] = zone < 0 ? (byte)'-' : (byte)'+';
        TwoDigits(span[23..], Math.Abs(zone) / 60);
        TwoDigits(span[25..], Math.Abs(zone) % 60);
        _used += 28;
    }

    /// <summary><c>"BODY" section ["&lt;" number ">"]</c>, as FETCH answers it (RFC 9051 §7.5.2).</summary>
    public void Section(BodySection section, long? origin) => Section("BODY"u8, section, origin);

    /// <summary><c>name section ["&lt;" number ">"]</c>.</summary>
    public void Section(ReadOnlySpan<byte> name, BodySection section, long? origin)
    {
        Raw(name);
        Raw('[');
        for (var i = 0; i < section.Part.Count; i++)
        {
            if (i > 0)
                Raw('.');
            Number(section.Part[i]);
        }

        if (section.Part.Count > 0 && section.Text != SectionText.All)
            Raw('.');
        Raw(section.Text switch
        {
            SectionText.Header => "HEADER"u8,
            SectionText.HeaderFields => "HEADER.FIELDS"u8,
            SectionText.HeaderFieldsNot => "HEADER.FIELDS.NOT"u8,
            SectionText.Text => "TEXT"u8,
            SectionText.Mime => "MIME"u8,
            _ => [],
        });
        if (section.Fields.Count > 0)
            Fields(section.Fields);
        Raw(']');
        if (origin is { } first)
        {
            Raw('<');
            Number(first);
            Raw('>');
        }
    }

    private void Fields(IReadOnlyList<ReadOnlyMemory<byte>> fields)
    {
        for (var i = 0; i < fields.Count; i++)
        {
            Raw(i == 0 ? " ("u8 : " "u8);
            AString(fields[i].Span);
        }

        Raw(')');
    }

    private void Flag(FlagBits system, FlagBits flag, ReadOnlySpan<byte> name, ref bool any)
    {
        if ((system & flag) == 0)
            return;
        if (any)
            Raw(' ');
        Raw(name);
        any = true;
    }

    private void Escaped(ReadOnlySpan<byte> text)
    {
        Raw('"');
        foreach (var c in text)
        {
            if (c is (byte)'"' or (byte)'\\')
                Raw('\\');
            Raw((char)c);
        }

        Raw('"');
    }

    private static void TwoDigits(Span<byte> span, int number) =>
        (span[0], span[1]) = ((byte)('0' + number / 10), (byte)('0' + number % 10));

    private Span<byte> Room(int size)
    {
        if (_span.Length - _used < size)
        {
            Commit();
            _span = _output.GetSpan(Math.Max(size, Chunk));
        }

        return _span[_used..];
    }
}
