namespace MailServer.Wire.Smtp;

/// <summary><c>rcpt = "RCPT TO:" ( "&lt;Postmaster@" Domain "&gt;" / "&lt;Postmaster&gt;" / Forward-path ) [SP Rcpt-parameters]</c> (RFC 5321 §4.1.1.3).</summary>
public readonly ref struct RcptCommand
{
    /// <summary>Whom the message is for.</summary>
    public SmtpPath ForwardPath { get; private init; }

    /// <summary><c>NOTIFY</c> (RFC 3461 §4.1), or null.</summary>
    public NotifyList? Notify { get; private init; }

    /// <summary><c>ORCPT</c> (RFC 3461 §4.2): type, semicolon and xtext that can be decoded; empty without one.</summary>
    public ReadOnlySpan<byte> OriginalRecipient { get; private init; }

    /// <summary>Reads the argument of RCPT with the parameters of the extensions that are offered.</summary>
    public static SmtpFault TryRead(ReadOnlySpan<byte> argument, SmtpExtensions offered, out RcptCommand command)
    {
        command = default;
        if (!SmtpCommand.TryTakePrefix(ref argument, "TO:"u8))
            return SmtpFault.Keyword;
        var fault = SmtpPath.TryReadForwardPath(argument, out var path, out var consumed);
        if (fault != SmtpFault.None)
            return fault;
        var (hasDsn, notify) = ((offered & SmtpExtensions.Dsn) != 0, (NotifyList?)null);
        ReadOnlySpan<byte> original = default;
        var parameters = new SmtpParameters(argument[consumed..]);
        while (parameters.MoveNext())
        {
            fault = hasDsn && parameters.Is("NOTIFY"u8) ? DsnParameters.ReadNotify(parameters.Value, ref notify)
                : hasDsn && parameters.Is("ORCPT"u8) ? DsnParameters.ReadOriginalRecipient(parameters.Value, ref original)
                : SmtpFault.UnknownParameter;
            if (fault != SmtpFault.None)
                return fault;
        }

        if (parameters.Fault != SmtpFault.None)
            return parameters.Fault;
        command = new() { ForwardPath = path, Notify = notify, OriginalRecipient = original };
        return SmtpFault.None;
    }
}
