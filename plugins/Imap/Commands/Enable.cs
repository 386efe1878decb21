namespace MailServer.Plugins.Imap.Commands;

/// <summary>ENABLE (RFC 5161): none of our extensions needs it; unknown names are passed over (§3.1).</summary>
internal static class Enable
{
    public static Completion Run(ImapSession session)
    {
        session.Output.Untagged("ENABLED");
        return Completion.Ok("ENABLE completed");
    }
}
