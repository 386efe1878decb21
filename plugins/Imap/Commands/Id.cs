namespace MailServer.Plugins.Imap.Commands;

/// <summary>ID (RFC 2971): a name for support, no version for strangers.</summary>
internal static class Id
{
    public static Completion Run(ImapSession session)
    {
        session.Output.Untagged(session.State is ImapState.NotAuthenticated
            ? "ID (\"name\" \"MailServer\")"
            : $"ID (\"name\" \"MailServer\" \"version\" \"{session.Services.Server.Version}\")");
        return Completion.Ok("ID completed");
    }
}
