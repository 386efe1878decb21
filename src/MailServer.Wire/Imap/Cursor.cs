using System.Buffers;
using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Unicode;

namespace MailServer.Wire.Imap;

/// <summary>Reads the elements of RFC 9051 §9 from a whole request. Nothing here throws; a method that returns false may have moved on.</summary>
internal ref struct Cursor(ReadOnlyMemory<byte> text)
{
    // ATOM-CHAR is any CHAR but "(" ")" "{" SP CTL "%" "*" DQUOTE "\" "]".
    private const string AtomText = "!#$&'+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[^_`abcdefghijklmnopqrstuvwxyz|}~";

    private static readonly SearchValues<byte> AtomChars = SearchValues.Create([.. AtomText.Select(c => (byte)c)]);
    private static readonly SearchValues<byte> AStringChars = SearchValues.Create([.. AtomText.Select(c => (byte)c), (byte)']']);
    private static readonly SearchValues<byte> ListChars = SearchValues.Create([.. AtomText.Select(c => (byte)c), (byte)']', (byte)'%', (byte)'*']);
    private static readonly SearchValues<byte> SetChars = SearchValues.Create("0123456789:,*"u8);
    private static readonly SearchValues<byte> TagChars = SearchValues.Create([.. AtomText.Where(c => c != '+').Select(c => (byte)c), (byte)']']);

    private readonly ReadOnlyMemory<byte> _text = text;
    private readonly ReadOnlySpan<byte> _span = text.Span;
    private int _position;

    public readonly bool IsAtEnd => _position == _span.Length;

    public readonly ReadOnlySpan<byte> Rest => _span[_position..];

    public readonly int Position => _position;

    /// <summary>The next octet, or 0 (which no rule allows) at the end.</summary>
    public readonly byte Next => IsAtEnd ? (byte)0 : _span[_position];

    public readonly ReadOnlyMemory<byte> From(int start) => _text[start.._position];

    public bool TrySkip(char c)
    {
        if (Next != (byte)c)
            return false;
        _position++;
        return true;
    }

    public bool TrySkipSpace() => TrySkip(' ');

    /// <summary>A word in any case, whatever follows.</summary>
    public bool TrySkipWord(ReadOnlySpan<byte> word)
    {
        if (Rest.Length < word.Length || !Ascii.EqualsIgnoreCase(Rest[..word.Length], word))
            return false;
        _position += word.Length;
        return true;
    }

    public bool TryReadTag(out ReadOnlyMemory<byte> tag) => TryReadRun(TagChars, out tag) && tag.Length <= GrammarLimits.TagOctets;

    public bool TryReadAtom(out ReadOnlyMemory<byte> atom) => TryReadRun(AtomChars, out atom);

    /// <summary><c>number</c>: digits up to 4,294,967,295.</summary>
    public bool TryReadNumber(out uint number)
    {
        number = 0;
        if (Next is < (byte)'0' or > (byte)'9' || !Utf8Parser.TryParse(Rest, out number, out int consumed))
            return false;
        _position += consumed;
        return true;
    }

    /// <summary><c>number64</c>: digits up to 2^63 - 1 (RFC 9051 §9).</summary>
    public bool TryReadNumber64(out long number)
    {
        number = 0;
        if (Next is < (byte)'0' or > (byte)'9' || !Utf8Parser.TryParse(Rest, out number, out int consumed))
            return false;
        _position += consumed;
        return true;
    }

    /// <summary><c>mod-sequence-valzer</c>: an unsigned number of 63 bits (RFC 7162 §7).</summary>
    public bool TryReadModSeq(out ulong modSeq)
    {
        var isRead = TryReadNumber64(out var number);
        modSeq = (ulong)number;
        return isRead;
    }

    /// <summary><c>sequence-set</c>, or <c>$</c> (RFC 5182 §2.1).</summary>
    public bool TryReadSequenceSet([NotNullWhen(true)] out IReadOnlyList<SequenceRange>? ranges)
    {
        ranges = null;
        if (TrySkip('$'))
        {
            ranges = [SequenceRange.SearchResult];
            return true;
        }

        var length = Rest.IndexOfAnyExcept(SetChars);
        var text = length < 0 ? Rest : Rest[..length];
        if (!SequenceSet.TryRead(text, out var read))
            return false;
        ranges = read;
        _position += text.Length;
        return true;
    }

    /// <summary><c>astring = 1*ASTRING-CHAR / string</c>.</summary>
    public bool TryReadAString(out ReadOnlyMemory<byte> text) =>
        Next is (byte)'"' or (byte)'{' ? TryReadString(out text) : TryReadRun(AStringChars, out text);

    /// <summary><c>list-mailbox = 1*list-char / string</c>.</summary>
    public bool TryReadListMailbox(out ReadOnlyMemory<byte> text) =>
        Next is (byte)'"' or (byte)'{' ? TryReadString(out text) : TryReadRun(ListChars, out text);

    /// <summary><c>nstring = string / nil</c>; NIL reads as null.</summary>
    public bool TryReadNString(out ReadOnlyMemory<byte>? text)
    {
        text = null;
        if (TrySkipWord("NIL"u8))
            return true;
        if (!TryReadString(out var read))
            return false;
        text = read;
        return true;
    }

    /// <summary><c>string = quoted / literal</c>.</summary>
    public bool TryReadString(out ReadOnlyMemory<byte> text) => Next == (byte)'{' ? TryReadLiteral(out text) : TryReadQuoted(out text);

    /// <summary><c>value = nstring / literal8</c> (RFC 5464 §5): any octet within a <c>literal8</c>. NIL reads as null.</summary>
    public bool TryReadValue(out ReadOnlyMemory<byte>? value)
    {
        value = null;
        if (!TrySkip('~'))
            return TryReadNString(out value);
        var isRead = TryReadLiteral(out var octets, mayHoldNul: true);
        value = octets;
        return isRead;
    }

    private bool TryReadRun(SearchValues<byte> chars, out ReadOnlyMemory<byte> run)
    {
        var length = Rest.IndexOfAnyExcept(chars);
        if (length < 0)
            length = Rest.Length;
        run = _text.Slice(_position, length);
        _position += length;
        return length > 0;
    }

    // RFC 9051 §4.3 allows UTF-8 between the quotes, and so does what clients send to RFC 3501 servers; what is none is refused (RFC 6855 §3).
    private bool TryReadQuoted(out ReadOnlyMemory<byte> text)
    {
        text = default;
        if (!TrySkip('"'))
            return false;
        var start = _position;
        var plain = Rest.IndexOfAny("\"\\\r\n\0"u8);
        if (plain < 0)
            return false;
        if (_span[start + plain] == (byte)'"')
        {
            text = _text.Slice(start, plain);
            _position += plain + 1;
            return Utf8.IsValid(text.Span);
        }

        return TryUnescape(start, out text);
    }

    private bool TryUnescape(int start, out ReadOnlyMemory<byte> text)
    {
        text = default;
        var unescaped = new ArrayBufferWriter<byte>(_span.Length - start);
        while (!IsAtEnd)
        {
            var c = _span[_position++];
            if (c == (byte)'"')
            {
                text = unescaped.WrittenMemory;
                return Utf8.IsValid(text.Span);
            }

            if (c is (byte)'\r' or (byte)'\n' or 0)
                return false;
            if (c == (byte)'\\')
            {
                // quoted-specials are the only octets that may be escaped.
                if (Next is not ((byte)'"' or (byte)'\\'))
                    return false;
                c = _span[_position++];
            }

            unescaped.GetSpan(1)[0] = c;
            unescaped.Advance(1);
        }

        return false;
    }

    private bool TryReadLiteral(out ReadOnlyMemory<byte> text, bool mayHoldNul = false)
    {
        text = default;
        if (!TrySkip('{') || !TryReadNumber64(out var size))
            return false;
        TrySkip('+');
        if (!TrySkipWord("}\r\n"u8) || size > Rest.Length)
            return false;
        text = _text.Slice(_position, (int)size);
        _position += (int)size;

        // A literal of a string holds CHAR8: any octet but NUL.
        return mayHoldNul || !text.Span.Contains((byte)0);
    }
}
