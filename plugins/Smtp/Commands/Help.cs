namespace MailServer.Plugins.Smtp.Commands;

/// <summary>HELP (RFC 5321 §4.1.1.8).</summary>
internal static class Help
{
    public static Reply Run(SmtpSession session) =>
        new(214, new(2, 0, 0), $"{(session.IsLocal ? "LHLO" : "EHLO HELO")} MAIL RCPT DATA BDAT RSET NOOP VRFY STARTTLS HELP QUIT" + (session.IsSubmission ? " AUTH" : ""));
}
