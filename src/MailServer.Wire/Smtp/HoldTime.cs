using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace MailServer.Wire.Smtp;

/// <summary>Before when a message is not to be sent (RFC 4865 §4): so long, or until then. One of them is set.</summary>
/// <param name="Seconds"><c>HOLDFOR=</c>.</param>
/// <param name="Until"><c>HOLDUNTIL=</c>.</param>
public readonly record struct HoldTime(long? Seconds, DateTimeOffset? Until)
{
    // RFC 3339 §5.6, upper case only as RFC 4865 §4 asks.
    private static readonly string[] Formats = ["yyyy-MM-dd'T'HH:mm:ss'Z'", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'", "yyyy-MM-dd'T'HH:mm:sszzz", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFzzz"];

    /// <summary><c>future-release-interval = 1*9DIGIT</c>.</summary>
    internal static SmtpFault ReadFor(ReadOnlySpan<byte> value, ref HoldTime? hold)
    {
        if (hold is not null)
            return SmtpFault.RepeatedParameter;
        if (value.Length is 0 or > 9 || !Utf8Parser.TryParse(value, out uint seconds, out var read) || read != value.Length)
            return SmtpFault.ParameterValue;
        hold = new(seconds, null);
        return SmtpFault.None;
    }

    /// <summary><c>future-release-date-time = Internet-style-date-time-UTC</c> (RFC 4865 §4, RFC 3339 §5.6).</summary>
    internal static SmtpFault ReadUntil(ReadOnlySpan<byte> value, ref HoldTime? hold)
    {
        if (hold is not null)
            return SmtpFault.RepeatedParameter;
        if (value.Length > 40 || !DateTimeOffset.TryParseExact(
            Encoding.ASCII.GetString(value), Formats, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var until))
            return SmtpFault.ParameterValue;
        hold = new(null, until);
        return SmtpFault.None;
    }
}
