namespace MailServer.Plugins.Smtp.Commands;

/// <summary>STARTTLS (RFC 3207 §4).</summary>
internal static class StartTls
{
    private static readonly Reply Go = new(220, new(2, 0, 0), "Ready to start TLS") { Next = Next.StartTls };

    public static Reply Run(SmtpSession session, ReadOnlySpan<byte> argument)
    {
        if (!argument.IsEmpty)
            return Reply.NoArgument;
        if (session.Connection.Info.Tls is not null)
            return Reply.BadSequence("TLS is up already");
        return session.Connection.Info.CanStartTls ? Go : new(502, new(5, 5, 1), "TLS is not offered here");
    }
}
