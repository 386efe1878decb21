using System.Buffers.Text;

namespace MailServer.Wire.Smtp;

/// <summary><c>by-value = by-time ";" by-mode [by-trace]</c> (RFC 2852 §4).</summary>
/// <param name="Seconds">How long it may take; with <c>N</c> it may be over already.</param>
/// <param name="IsReturned"><c>R</c>, else <c>N</c>.</param>
/// <param name="IsTraced"><c>T</c>.</param>
public readonly record struct ByTime(long Seconds, bool IsReturned, bool IsTraced)
{
    /// <summary>Reads the value of <c>BY=</c>.</summary>
    internal static SmtpFault Read(ReadOnlySpan<byte> value, ref ByTime? by)
    {
        if (by is not null)
            return SmtpFault.RepeatedParameter;
        var semicolon = value.IndexOf((byte)';');
        if (semicolon <= 0)
            return SmtpFault.ParameterValue;
        var time = value[..semicolon];
        var mode = value[(semicolon + 1)..];
        var isNegative = time[0] == '-';
        var digits = time[0] is (byte)'-' or (byte)'+' ? time[1..] : time;
        // by-time = ["-" / "+"] 1*9DIGIT
        if (digits.Length is 0 or > 9 || !Utf8Parser.TryParse(digits, out uint seconds, out var read) || read != digits.Length)
            return SmtpFault.ParameterValue;
        var isReturned = mode is [(byte)'R' or (byte)'r', ..];
        if (!isReturned && mode is not [(byte)'N' or (byte)'n', ..] || mode is not ([_] or [_, (byte)'T' or (byte)'t']))
            return SmtpFault.ParameterValue;
        // RFC 2852 §4: with R a time of zero or less can only be a mistake.
        if (isReturned && (isNegative || seconds == 0))
            return SmtpFault.ParameterValue;
        by = new(isNegative ? -seconds : seconds, isReturned, mode.Length == 2);
        return SmtpFault.None;
    }
}
