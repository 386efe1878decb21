namespace MailServer.Plugins.Imap.Commands;

/// <summary>NAMESPACE (RFC 2342): personal folders alone.</summary>
internal static class Namespace
{
    public static Completion Run(ImapSession session)
    {
        session.Output.Untagged("NAMESPACE ((\"\" \"/\")) NIL NIL");
        return Completion.Ok("NAMESPACE completed");
    }
}
