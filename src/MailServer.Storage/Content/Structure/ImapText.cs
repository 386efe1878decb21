using System.Buffers;
using System.Globalization;
using System.Text;

namespace MailServer.Storage;

/// <summary>Writes IMAP's strings and lists (RFC 3501 §4).</summary>
internal sealed class ImapText
{
    // What a quoted string may hold: 7-bit, no line ends, no NUL (RFC 3501 §9, QUOTED-CHAR).
    private static readonly SearchValues<byte> Quotable = SearchValues.Create([.. Enumerable.Range(1, 126).Select(i => (byte)i).Except("\r\n"u8.ToArray())]);

    private readonly ArrayBufferWriter<byte> _buffer = new(256);

    public int Length => _buffer.WrittenCount;

    public byte[] ToArray() => _buffer.WrittenSpan.ToArray();

    public ImapText Raw(ReadOnlySpan<byte> octets)
    {
        _buffer.Write(octets);
        return this;
    }

    public ImapText Number(long value)
    {
        var span = _buffer.GetSpan(20);
        value.TryFormat(span, out var written, provider: CultureInfo.InvariantCulture);
        _buffer.Advance(written);
        return this;
    }

    public ImapText Nil() => Raw("NIL"u8);

    /// <summary>nstring: NIL for null.</summary>
    public ImapText NString(byte[]? text) => text is null ? Nil() : String(text);

    /// <summary>A text as a string.</summary>
    public ImapText String(string text) => String(Encoding.UTF8.GetBytes(text));

    /// <summary>A quoted string where that is allowed, else a literal. NUL fits in neither and is left out.</summary>
    public ImapText String(ReadOnlySpan<byte> text)
    {
        if (text.Length > StructureLimits.TextOctets)
            text = text[..StructureLimits.TextOctets];
        if (text.Contains((byte)0))
            text = text.ToArray().Where(octet => octet != 0).ToArray();
        if (text.ContainsAnyExcept(Quotable))
            return Raw("{"u8).Number(text.Length).Raw("}\r\n"u8).Raw(text);

        Raw("\""u8);
        while (text.IndexOfAny((byte)'"', (byte)'\\') is >= 0 and var special)
        {
            Raw(text[..special]).Raw("\\"u8).Raw(text.Slice(special, 1));
            text = text[(special + 1)..];
        }

        return Raw(text).Raw("\""u8);
    }
}
