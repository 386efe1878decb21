using System.Text;

namespace MailServer.Wire.Imap;

/// <summary>A relative IMAP URL of a message or a part of one (RFC 5092 §7).</summary>
/// <param name="Mailbox">The mailbox as text, or null for the selected one.</param>
/// <param name="UidValidity">Its UIDVALIDITY, or null for any.</param>
/// <param name="Uid">The message's UID.</param>
/// <param name="Section">What of it.</param>
/// <param name="Partial">Which octets of that, or null for all.</param>
public sealed record ImapUrl(string? Mailbox, uint? UidValidity, uint Uid, BodySection Section, PartialRange? Partial)
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>
    /// Reads <c>["/" enc-mailbox [";UIDVALIDITY=" nz-number]] "/;UID=" nz-number ["/;SECTION=" enc-section] ["/;PARTIAL=" number ["." nz-number]]</c>,
    /// each part percent-encoded.
    /// </summary>
    public static bool TryParse(ReadOnlySpan<byte> text, out ImapUrl url)
    {
        url = new(null, null, 0, BodySection.Whole, null);
        if (!TryDecode(text, out var decoded))
            return false;

        // Mailbox names hold slashes; what begins with /; (or ; at the very beginning) is a parameter.
        var parts = (decoded.StartsWith(';') ? "/" + decoded : decoded).Split("/;");
        if (parts.Length < 2 || !TryReadMailbox(parts[0], ref url))
            return false;
        for (var i = 1; i < parts.Length; i++)
            if (!TryReadParameter(parts[i], ref url))
                return false;
        return url.Uid > 0;
    }

    private static bool TryReadMailbox(string text, ref ImapUrl url)
    {
        if (text.Length == 0)
            return true;
        var end = text.IndexOf(";UIDVALIDITY=", StringComparison.OrdinalIgnoreCase);
        if (text[0] != '/' || text.StartsWith("//", StringComparison.Ordinal))
            return false;
        url = url with { Mailbox = end < 0 ? text[1..] : text[1..Math.Max(1, end)] };
        if (end < 0)
            return url.Mailbox.Length > 0;
        if (!TryReadNumber(text[(end + 13)..], out var validity))
            return false;
        url = url with { UidValidity = validity };
        return url.Mailbox.Length > 0;
    }

    private static bool TryReadParameter(string text, ref ImapUrl url)
    {
        var equals = text.IndexOf('=', StringComparison.Ordinal);
        var (name, value) = equals < 0 ? (text, "") : (text[..equals].ToUpperInvariant(), text[(equals + 1)..]);
        switch (name)
        {
            case "UID" when url.Uid == 0 && TryReadNumber(value, out var uid):
                url = url with { Uid = uid };
                return true;
            case "SECTION" when TryReadSection(value, out var section):
                url = url with { Section = section };
                return true;
            case "PARTIAL" when TryReadPartial(value, out var partial):
                url = url with { Partial = partial };
                return true;
            default:
                return false;
        }
    }

    private static bool TryReadSection(string value, out BodySection section)
    {
        var cursor = new Cursor(Encoding.UTF8.GetBytes($"[{value}]"));
        return SectionReader.Read(ref cursor, out section) == RequestFault.None && cursor.IsAtEnd && value.Length > 0;
    }

    private static bool TryReadPartial(string value, out PartialRange partial)
    {
        partial = default;
        var cursor = new Cursor(Encoding.UTF8.GetBytes(value));
        if (!cursor.TryReadNumber64(out var offset))
            return false;
        var length = long.MaxValue;
        if (cursor.TrySkip('.') && (!cursor.TryReadNumber64(out length) || length == 0))
            return false;
        partial = new(offset, length);
        return cursor.IsAtEnd;
    }

    private static bool TryReadNumber(string value, out uint number)
    {
        var cursor = new Cursor(Encoding.UTF8.GetBytes(value));
        return cursor.TryReadNumber(out number) && number > 0 && cursor.IsAtEnd;
    }

    private static bool TryDecode(ReadOnlySpan<byte> text, out string decoded)
    {
        decoded = "";
        var octets = new List<byte>(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] != (byte)'%')
            {
                octets.Add(text[i]);
                continue;
            }

            if (i + 2 >= text.Length || !Uri.IsHexDigit((char)text[i + 1]) || !Uri.IsHexDigit((char)text[i + 2]))
                return false;
            octets.Add((byte)((Uri.FromHex((char)text[i + 1]) << 4) | Uri.FromHex((char)text[i + 2])));
            i += 2;
        }

        try
        {
            decoded = Strict.GetString([.. octets]);
            return true;
        }
        catch (DecoderFallbackException)
        {
            return false;
        }
    }
}
