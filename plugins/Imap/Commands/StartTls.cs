namespace MailServer.Plugins.Imap.Commands;

/// <summary>STARTTLS (RFC 3501 §6.2.1). Octets behind it that came before the handshake end the connection: the host sees to it.</summary>
internal static class StartTls
{
    public static Completion Run(ImapSession session)
    {
        if (session.State is not ImapState.NotAuthenticated || session.Connection.Info.Tls is not null)
            return Completion.Bad("TLS is not for now");
        if (!session.Connection.Info.CanStartTls)
            return Completion.Bad("TLS is not available");
        session.AnswersStartTls = true;
        return Completion.Ok("Begin TLS negotiation now");
    }
}
