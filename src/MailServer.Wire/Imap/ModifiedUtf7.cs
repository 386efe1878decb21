using System.Text;

namespace MailServer.Wire.Imap;

/// <summary>
/// Names of mailboxes in modified UTF-7 (RFC 3501 §5.1.3): printable US-ASCII stands for itself, <c>&amp;-</c> for <c>&amp;</c>, all else
/// is UTF-16 in a base64 of its own between <c>&amp;</c> and <c>-</c>.
/// </summary>
public static class ModifiedUtf7
{
    private const string Digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,";

    /// <summary>Encodes a name.</summary>
    /// <param name="name">The name, without lone surrogates.</param>
    /// <param name="alsoShift">Printable characters to be written in base64 too, where the result is a file name in which they mean something.</param>
    public static string Encode(string name, string alsoShift = "")
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(alsoShift);
        var text = new StringBuilder(name.Length);
        for (var i = 0; i < name.Length;)
        {
            if (IsPlain(name[i], alsoShift))
            {
                text.Append(name[i] == '&' ? "&-" : name[i].ToString());
                i++;
                continue;
            }

            var start = i;
            while (i < name.Length && !IsPlain(name[i], alsoShift))
                i++;
            text.Append('&');
            AppendBase64(text, name.AsSpan(start, i - start));
            text.Append('-');
        }

        return text.ToString();
    }

    /// <summary>
    /// Decodes a name, and refuses what RFC 3501 §5.1.3 does: a shift that does not end, bits left over, printable US-ASCII in base64,
    /// two shifts in a row, octets above 127.
    /// </summary>
    public static bool TryDecode(ReadOnlySpan<byte> text, out string name) => TryDecode(text, allowShifted: "", out name);

    /// <summary>Decodes a name that <see cref="Encode"/> made with some printable characters shifted.</summary>
    public static bool TryDecode(ReadOnlySpan<byte> text, string allowShifted, out string name)
    {
        ArgumentNullException.ThrowIfNull(allowShifted);
        name = "";
        var result = new StringBuilder(text.Length);
        for (var wasShifted = false; !text.IsEmpty;)
        {
            if (text[0] is < 0x20 or > 0x7e)
                return false;
            if (text[0] != '&')
            {
                result.Append((char)text[0]);
                text = text[1..];
                wasShifted = false;
                continue;
            }

            var end = text.IndexOf((byte)'-');
            if (end < 0)
                return false;
            if (end == 1)
            {
                result.Append('&');
                wasShifted = false;
            }
            else if (wasShifted || !TryDecodeBase64(text[1..end], allowShifted, result))
                return false;
            else
                wasShifted = true;
            text = text[(end + 1)..];
        }

        name = result.ToString();
        return true;
    }

    private static bool IsPlain(char c, string alsoShift) => c is >= ' ' and <= '~' && !alsoShift.Contains(c, StringComparison.Ordinal);

    private static void AppendBase64(StringBuilder text, ReadOnlySpan<char> units)
    {
        var (bits, count) = (0u, 0);
        foreach (var unit in units)
        {
            bits = (bits << 16) | unit;
            for (count += 16; count >= 6; count -= 6)
                text.Append(Digits[(int)(bits >> (count - 6)) & 63]);
            bits &= (1u << count) - 1;
        }

        if (count > 0)
            text.Append(Digits[(int)(bits << (6 - count)) & 63]);
    }

    private static bool TryDecodeBase64(ReadOnlySpan<byte> digits, string allowShifted, StringBuilder result)
    {
        var (bits, count) = (0u, 0);
        var high = '\0';
        foreach (var digit in digits)
        {
            var value = Digits.IndexOf((char)digit, StringComparison.Ordinal);
            if (value < 0)
                return false;
            bits = (bits << 6) | (uint)value;
            count += 6;
            if (count < 16)
                continue;
            count -= 16;
            var unit = (char)(bits >> count);
            bits &= (1u << count) - 1;
            if (unit is >= ' ' and <= '~' && !allowShifted.Contains(unit, StringComparison.Ordinal))
                return false;

            // Surrogates come in pairs, high then low.
            if (char.IsLowSurrogate(unit) != (high != '\0'))
                return false;
            high = char.IsHighSurrogate(unit) ? unit : '\0';
            result.Append(unit);
        }

        return high == '\0' && count < 6 && bits == 0;
    }
}
