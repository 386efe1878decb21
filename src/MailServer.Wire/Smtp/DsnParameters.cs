using System.Text;

namespace MailServer.Wire.Smtp;

/// <summary>Reads the values of the DSN extension's parameters (RFC 3461 §4).</summary>
internal static class DsnParameters
{
    // RFC 3461 §4.4 and §4.2: 100 and 500 characters with the keyword.
    private const int MaxEnvelopeId = 100 - 6;
    private const int MaxOriginalRecipient = 500 - 6;

    /// <summary><c>RET=</c>: <c>"FULL" / "HDRS"</c> (RFC 3461 §4.3).</summary>
    public static SmtpFault ReadReturn(ReadOnlySpan<byte> value, ref bool? returnsAll)
    {
        if (returnsAll is not null)
            return SmtpFault.RepeatedParameter;
        returnsAll = Ascii.EqualsIgnoreCase(value, "FULL"u8);
        return returnsAll.Value || Ascii.EqualsIgnoreCase(value, "HDRS"u8) ? SmtpFault.None : SmtpFault.ParameterValue;
    }

    /// <summary><c>envid-parameter = "ENVID=" xtext</c> of printable US-ASCII (RFC 3461 §4.4).</summary>
    public static SmtpFault ReadEnvelopeId(ReadOnlySpan<byte> value, ref ReadOnlySpan<byte> envelopeId)
    {
        if (!envelopeId.IsEmpty)
            return SmtpFault.RepeatedParameter;
        envelopeId = value;
        return value.Length is > 0 and <= MaxEnvelopeId && IsPrintable(value, isUtf8: false) ? SmtpFault.None : SmtpFault.ParameterValue;
    }

    /// <summary><c>notify-esmtp-value = "NEVER" / 1#notify-list-element</c> (RFC 3461 §4.1).</summary>
    public static SmtpFault ReadNotify(ReadOnlySpan<byte> value, ref NotifyList? notify)
    {
        if (notify is not null)
            return SmtpFault.RepeatedParameter;
        var read = NotifyList.Never;
        if (!Ascii.EqualsIgnoreCase(value, "NEVER"u8))
            foreach (var range in value.Split((byte)','))
            {
                var word = value[range];
                var element = Ascii.EqualsIgnoreCase(word, "SUCCESS"u8) ? NotifyList.Success
                    : Ascii.EqualsIgnoreCase(word, "FAILURE"u8) ? NotifyList.Failure
                    : Ascii.EqualsIgnoreCase(word, "DELAY"u8) ? NotifyList.Delay : NotifyList.Never;
                if (element == NotifyList.Never)
                    return SmtpFault.ParameterValue;
                read |= element;
            }

        notify = read;
        return SmtpFault.None;
    }

    /// <summary><c>original-recipient-address = addr-type ";" xtext</c>, <c>addr-type = atom</c> (RFC 3461 §4.2); UTF-8 for <c>utf-8</c> (RFC 6533 §3).</summary>
    public static SmtpFault ReadOriginalRecipient(ReadOnlySpan<byte> value, ref ReadOnlySpan<byte> original)
    {
        if (!original.IsEmpty)
            return SmtpFault.RepeatedParameter;
        original = value;
        var semicolon = value.IndexOf((byte)';');
        if (semicolon <= 0 || semicolon == value.Length - 1 || value.Length > MaxOriginalRecipient)
            return SmtpFault.ParameterValue;
        foreach (var octet in value[..semicolon])
            if (!char.IsAsciiLetterOrDigit((char)octet) && octet != '-')
                return SmtpFault.ParameterValue;
        return IsPrintable(value[(semicolon + 1)..], Ascii.EqualsIgnoreCase(value[..semicolon], "utf-8"u8)) ? SmtpFault.None : SmtpFault.ParameterValue;
    }

    // A control character would break the notice that repeats it.
    private static bool IsPrintable(ReadOnlySpan<byte> xtext, bool isUtf8)
    {
        Span<byte> decoded = stackalloc byte[MaxOriginalRecipient];
        if (!Xtext.TryDecode(xtext, decoded, out var length))
            return false;
        decoded = decoded[..length];
        if (decoded.IndexOfAnyInRange((byte)0, (byte)31) >= 0 || decoded.Contains((byte)127))
            return false;
        return isUtf8 ? System.Text.Unicode.Utf8.IsValid(decoded) : Ascii.IsValid(decoded);
    }
}
