namespace MailServer.Plugins.Imap.Commands;

/// <summary>STARTTLS (RFC 3501 §6.2.1).</summary>
internal static class StartTls
{
    public static Completion Run(ImapSession session)
    {
        if (session.State is not ImapState.NotAuthenticated || session.Connection.Info.Tls is not null)
            return Completion.Bad("TLS is not for now");
        if (!session.Connection.Info.CanStartTls)
            return Completion.Bad("TLS is not available");

        // The handshake begins after our answer: what is here already was slipped in by somebody on the way (CVE-2021-33515).
        if (session.HasMoreInput)
        {
            session.Goodbye = "Commands behind STARTTLS";
            return Completion.Bad("Wait for the answer to STARTTLS");
        }

        session.AnswersStartTls = true;
        return Completion.Ok("Begin TLS negotiation now");
    }
}
