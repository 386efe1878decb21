namespace MailServer.Wire.Smtp;

/// <summary><c>rcpt = "RCPT TO:" ( "&lt;Postmaster@" Domain "&gt;" / "&lt;Postmaster&gt;" / Forward-path ) [SP Rcpt-parameters]</c> (RFC 5321 §4.1.1.3).</summary>
public readonly ref struct RcptCommand
{
    /// <summary>Whom the message is for.</summary>
    public SmtpPath ForwardPath { get; private init; }

    /// <summary>Reads the argument of RCPT. No extension that we offer has a parameter for it.</summary>
    public static SmtpFault TryRead(ReadOnlySpan<byte> argument, out RcptCommand command)
    {
        command = default;
        if (!SmtpCommand.TryTakePrefix(ref argument, "TO:"u8))
            return SmtpFault.Keyword;
        var fault = SmtpPath.TryReadForwardPath(argument, out var path, out var consumed);
        if (fault != SmtpFault.None)
            return fault;
        var parameters = new SmtpParameters(argument[consumed..]);
        if (parameters.MoveNext())
            return SmtpFault.UnknownParameter;
        if (parameters.Fault != SmtpFault.None)
            return parameters.Fault;
        command = new() { ForwardPath = path };
        return SmtpFault.None;
    }
}
