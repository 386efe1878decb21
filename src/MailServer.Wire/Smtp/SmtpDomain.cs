using System.Buffers;
using System.Net;
using System.Text;

namespace MailServer.Wire.Smtp;

/// <summary><c>Domain / address-literal</c> (RFC 5321 §4.1.2, §4.1.3).</summary>
public static class SmtpDomain
{
    private const int MaxLabel = 63; // RFC 1035 §2.3.4

    private static readonly SearchValues<byte> IPv6Octets = SearchValues.Create("0123456789abcdefABCDEF:."u8);

    /// <summary>The length of a domain or an address literal at the start of a text, or 0 when there is none.</summary>
    public static int Length(ReadOnlySpan<byte> text) => text is [(byte)'[', ..] ? LiteralLength(text) : NameLength(text);

    /// <summary>Whether the name or one of its labels is longer than DNS can carry.</summary>
    public static bool IsTooLong(ReadOnlySpan<byte> domain)
    {
        if (domain.Length > SmtpPath.MaxDomain)
            return true;
        if (domain is [(byte)'[', ..])
            return false;
        while (domain.IndexOf((byte)'.') is var dot and >= 0)
        {
            if (dot > MaxLabel)
                return true;
            domain = domain[(dot + 1)..];
        }

        return domain.Length > MaxLabel;
    }

    /// <summary><c>Domain = sub-domain *("." sub-domain)</c>, <c>sub-domain = Let-dig [Ldh-str]</c> or a U-label (RFC 6531 §3.3).</summary>
    private static int NameLength(ReadOnlySpan<byte> text)
    {
        var start = 0;
        for (var i = 0; ; i++)
        {
            if (i < text.Length && IsLabelOctet(text[i]))
                continue;
            // A label is here, and neither begins nor ends with a hyphen.
            if (i == start || text[start] == '-' || text[i - 1] == '-')
                return 0;
            if (i >= text.Length || text[i] != '.')
                return i;
            start = i + 1;
        }
    }

    // The underscore is no letter of a host name, but DNS carries it and real senders have it: refusing would lose their mail.
    private static bool IsLabelOctet(byte octet) =>
        octet is (>= (byte)'a' and <= (byte)'z') or (>= (byte)'A' and <= (byte)'Z') or (>= (byte)'0' and <= (byte)'9') or (byte)'-' or (byte)'_' or >= 128;

    /// <summary>
    /// <c>address-literal = "[" ( IPv4-address-literal / IPv6-address-literal / General-address-literal ) "]"</c>. No tag but IPv6 is
    /// registered, so a general one is not taken.
    /// </summary>
    private static int LiteralLength(ReadOnlySpan<byte> text)
    {
        var end = text.IndexOf((byte)']');
        if (end < 0)
            return 0;
        var address = text[1..end];
        var tag = "IPv6:"u8;
        if (address.Length > tag.Length && Ascii.EqualsIgnoreCase(address[..tag.Length], tag))
            return IsIPv6(address[tag.Length..]) ? end + 1 : 0;
        return IsIPv4(address) ? end + 1 : 0;
    }

    // A zone (%eth0) or a port means nothing to anybody else.
    private static bool IsIPv6(ReadOnlySpan<byte> text) =>
        text.Length <= 45 && text.Contains((byte)':') && text.IndexOfAnyExcept(IPv6Octets) < 0 && IPAddress.IsValidUtf8(text);

    /// <summary><c>IPv4-address-literal = Snum 3("." Snum)</c>, <c>Snum = 1*3DIGIT</c> from 0 to 255.</summary>
    private static bool IsIPv4(ReadOnlySpan<byte> text)
    {
        var (numbers, digits, value) = (0, 0, 0);
        foreach (var octet in text)
        {
            if (octet is >= (byte)'0' and <= (byte)'9')
            {
                value = value * 10 + octet - '0';
                if (++digits > 3 || value > 255)
                    return false;
                continue;
            }

            if (octet != '.' || digits == 0 || ++numbers > 3)
                return false;
            (digits, value) = (0, 0);
        }

        return numbers == 3 && digits > 0;
    }
}
