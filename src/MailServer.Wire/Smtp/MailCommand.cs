using System.Buffers.Text;
using System.Text;

namespace MailServer.Wire.Smtp;

/// <summary><c>mail = "MAIL FROM:" Reverse-path [SP Mail-parameters]</c> (RFC 5321 §4.1.1.2) with the parameters of the extensions we offer.</summary>
public readonly ref struct MailCommand
{
    /// <summary>Where reports about the message go.</summary>
    public SmtpPath ReversePath { get; private init; }

    /// <summary><c>SIZE</c> (RFC 1870 §6), or null. More than a long holds reads as <see cref="long.MaxValue"/>.</summary>
    public long? Size { get; private init; }

    /// <summary><c>BODY=8BITMIME</c> (RFC 6152 §2).</summary>
    public bool Is8BitMime { get; private init; }

    /// <summary><c>SMTPUTF8</c> (RFC 6531 §3.4).</summary>
    public bool IsUtf8 { get; private init; }

    /// <summary>Reads the argument of MAIL. <c>AUTH=</c> (RFC 4954 §5) is read and forgotten where it is offered: we trust nobody's word for a submitter.</summary>
    public static SmtpFault TryRead(ReadOnlySpan<byte> argument, bool hasAuth, out MailCommand command)
    {
        command = default;
        if (!SmtpCommand.TryTakePrefix(ref argument, "FROM:"u8))
            return SmtpFault.Keyword;
        var fault = SmtpPath.TryReadReversePath(argument, out var path, out var consumed);
        if (fault != SmtpFault.None)
            return fault;

        var (size, body, utf8, auth) = ((long?)null, (bool?)null, false, false);
        var parameters = new SmtpParameters(argument[consumed..]);
        while (parameters.MoveNext())
        {
            if (parameters.Is("SIZE"u8))
                fault = ReadSize(parameters.Value, ref size);
            else if (parameters.Is("BODY"u8))
                fault = ReadBody(parameters.Value, ref body);
            else if (parameters.Is("SMTPUTF8"u8))
                fault = ReadFlag(parameters.HasValue, ref utf8);
            else if (hasAuth && parameters.Is("AUTH"u8))
                fault = ReadFlag(!parameters.HasValue, ref auth);
            else
                fault = SmtpFault.UnknownParameter;
            if (fault != SmtpFault.None)
                return fault;
        }

        if (parameters.Fault != SmtpFault.None)
            return parameters.Fault;
        command = new() { ReversePath = path, Size = size, Is8BitMime = body ?? false, IsUtf8 = utf8 };
        return SmtpFault.None;
    }

    /// <summary><c>size-value = 1*20DIGIT</c> (RFC 1870 §6).</summary>
    private static SmtpFault ReadSize(ReadOnlySpan<byte> value, ref long? size)
    {
        if (size is not null)
            return SmtpFault.RepeatedParameter;
        if (value.Length is 0 or > 20 || value.IndexOfAnyExceptInRange((byte)'0', (byte)'9') >= 0)
            return SmtpFault.ParameterValue;
        size = Utf8Parser.TryParse(value, out long number, out var read) && read == value.Length ? number : long.MaxValue;
        return SmtpFault.None;
    }

    /// <summary><c>body-value = "7BIT" / "8BITMIME"</c> (RFC 6152 §2).</summary>
    private static SmtpFault ReadBody(ReadOnlySpan<byte> value, ref bool? body)
    {
        if (body is not null)
            return SmtpFault.RepeatedParameter;
        body = Ascii.EqualsIgnoreCase(value, "8BITMIME"u8);
        return body.Value || Ascii.EqualsIgnoreCase(value, "7BIT"u8) ? SmtpFault.None : SmtpFault.ParameterValue;
    }

    private static SmtpFault ReadFlag(bool isWrong, ref bool flag)
    {
        if (flag)
            return SmtpFault.RepeatedParameter;
        flag = true;
        return isWrong ? SmtpFault.ParameterValue : SmtpFault.None;
    }
}
