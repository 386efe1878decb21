namespace MailServer.Plugins.Imap.Commands;

/// <summary>CAPABILITY (RFC 3501 §6.1.1).</summary>
internal static class Capability
{
    public static Completion Run(ImapSession session)
    {
        session.Output.Untagged(Capabilities.Of(session));
        return Completion.Ok("CAPABILITY completed");
    }
}
