using System.Text;
using MimeKit.Utils;

namespace MailServer.Storage;

/// <summary>Walks over the fields at the head of a message, as far as they have been read.</summary>
internal ref struct HeaderScan(ReadOnlySpan<byte> text)
{
    /// <summary>Octets of a field's value that are looked at: dates and keywords are shorter.</summary>
    private const int MaxValue = 8 * 1024;

    private readonly ReadOnlySpan<byte> _text = text;

    /// <summary>Where the field begins.</summary>
    public int Start { get; private set; }

    /// <summary>Where the next field begins, or the header's end.</summary>
    public int End { get; private set; }

    /// <summary>The field's name.</summary>
    public ReadOnlySpan<byte> Name { get; private set; }

    /// <summary>Its value, folded as it may be.</summary>
    public ReadOnlySpan<byte> Value { get; private set; }

    /// <summary>The next whole field; false at the end of the header, or of what was read of it.</summary>
    public bool Next()
    {
        var rest = _text[End..];
        if (NameLength(rest) is not (> 0 and var colon))
            return false;
        var length = 0;
        do
        {
            var end = rest[length..].IndexOf((byte)'\n');
            if (end < 0)
                return false;
            length += end + 1;
        }
        while (length < rest.Length && rest[length] is (byte)' ' or (byte)'\t');
        (Start, End) = (End, End + length);
        Name = rest[..colon].TrimEnd(" \t"u8);
        Value = rest[(colon + 1)..length];
        return true;
    }

    /// <summary>Whether the field has that name, in any case.</summary>
    public readonly bool Is(ReadOnlySpan<byte> name) => Ascii.EqualsIgnoreCase(Name, name);

    /// <summary>Its value as one line.</summary>
    public readonly string Text() => Encoding.Latin1.GetString(Value[..Math.Min(Value.Length, MaxValue)]).ReplaceLineEndings("").Trim();

    /// <summary>The first line of its value.</summary>
    public readonly string FirstLine() => Encoding.Latin1.GetString(Value[..Math.Min(Value.IndexOf((byte)'\n') + 1, MaxValue)]).Trim();

    /// <summary>Whether text begins as a field does (RFC 5322 §2.2): printable octets, then a colon.</summary>
    public static bool IsField(ReadOnlySpan<byte> text) => NameLength(text) > 0;

    /// <summary>When the message came: the date of the topmost <c>Received</c> (RFC 5321 §4.4), or else <c>Date</c>.</summary>
    public static DateTimeOffset? ArrivalOf(ReadOnlySpan<byte> text)
    {
        DateTimeOffset? date = null;
        for (var scan = new HeaderScan(text); scan.Next();)
            if (scan.Is("Received"u8) && scan.Text() is var trace && trace.LastIndexOf(';') is >= 0 and var at && Parse(trace[(at + 1)..]) is { } received)
                return received;
            else if (date is null && scan.Is("Date"u8))
                date = Parse(scan.Text());
        return date;
    }

    private static DateTimeOffset? Parse(string text) =>
        DateUtils.TryParse(text, out var date) && date.Year is > 1970 and < 9999 ? date.ToUniversalTime() : null;

    private static int NameLength(ReadOnlySpan<byte> text)
    {
        var length = 0;
        while (length < text.Length && text[length] is > (byte)' ' and < 127 and not (byte)':')
            length++;
        var colon = length;
        while (colon < text.Length && text[colon] is (byte)' ' or (byte)'\t')
            colon++;
        return length > 0 && colon < text.Length && text[colon] == ':' ? colon : 0;
    }
}
