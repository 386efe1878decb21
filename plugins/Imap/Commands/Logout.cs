namespace MailServer.Plugins.Imap.Commands;

/// <summary>LOGOUT (RFC 3501 §6.1.3): BYE comes before the answer.</summary>
internal static class Logout
{
    public static Completion Run(ImapSession session)
    {
        session.Output.Untagged("BYE Logging out");
        session.Goodbye = "";
        return Completion.Ok("LOGOUT completed");
    }
}
