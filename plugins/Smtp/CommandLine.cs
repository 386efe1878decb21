using MailServer.Plugins.Smtp.Commands;
using MailServer.Wire.Smtp;

namespace MailServer.Plugins.Smtp;

/// <summary>From a line to the command that answers it.</summary>
internal static class CommandLine
{
    // RFC 5321 §4.5.3.1.4 asks for 512; the parameters of our extensions add less than 600 (RFC 1870 §3, 4954 §3, 6152 §2, 6531 §3.4).
    private const int MaxLength = 2048;

    // RFC 4954 §4: the longest AUTH line and response.
    private const int MaxAuthLength = 12288;

    private static readonly Reply SayLhlo = new(500, new(5, 5, 1), "This is LMTP, say LHLO");

    /// <summary>The longest line to wait for, with its CRLF.</summary>
    public static int LimitOf(SmtpSession session) => session.IsSubmission ? MaxAuthLength : MaxLength;

    /// <summary>Reads the line and runs its command. The line is done with when this returns, whether or not the reply is there.</summary>
    public static ValueTask<Reply> RunAsync(SmtpSession session, ReadOnlySpan<byte> line, CancellationToken cancellationToken)
    {
        if (session.State is SmtpState.Authenticating state)
            return Auth.ContinueAsync(session, state, line, cancellationToken);

        var command = SmtpCommand.Read(line);
        if (line.Length + 2 > MaxLength && command.Verb != SmtpVerb.Auth)
            return new(Reply.LineTooLong);
        if (session.State is SmtpState.Refused && command.Verb != SmtpVerb.Quit)
            return new(Reply.RefusedConnection);
        return command.Verb switch
        {
            // RFC 2033 §4.1: LHLO and no other, so that nobody takes one protocol for the other.
            SmtpVerb.Lhlo when session.IsLocal => Ehlo.RunAsync(session, command.Argument, isExtended: true),
            SmtpVerb.Ehlo or SmtpVerb.Helo when session.IsLocal => new(SayLhlo),
            SmtpVerb.Ehlo => Ehlo.RunAsync(session, command.Argument, isExtended: true),
            SmtpVerb.Helo => Ehlo.RunAsync(session, command.Argument, isExtended: false),
            SmtpVerb.Mail => Mail.RunAsync(session, command.Argument, cancellationToken),
            SmtpVerb.Rcpt => Rcpt.RunAsync(session, command.Argument, cancellationToken),
            SmtpVerb.Data => Data.RunAsync(session, command.Argument),
            SmtpVerb.Bdat => Bdat.RunAsync(session, command.Argument),
            SmtpVerb.Rset => Rset.RunAsync(session, command.Argument),
            SmtpVerb.Noop => new(Noop.Run()),
            SmtpVerb.Vrfy => new(Vrfy.Run(command.Argument)),
            SmtpVerb.Expn => new(Vrfy.RunExpn()),
            SmtpVerb.Help => new(Help.Run(session)),
            SmtpVerb.Quit => new(Quit.Run(command.Argument)),
            SmtpVerb.StartTls => new(StartTls.Run(session, command.Argument)),
            SmtpVerb.Auth => Auth.RunAsync(session, command.Argument, cancellationToken),
            SmtpVerb.Http => new(new Reply(502, new(5, 7, 0), "This is not a web server") { Next = Next.Close }),
            _ => new(Reply.UnknownCommand),
        };
    }
}
