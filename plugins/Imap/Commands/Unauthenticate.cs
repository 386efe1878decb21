namespace MailServer.Plugins.Imap.Commands;

/// <summary>UNAUTHENTICATE (RFC 8437): the connection is a stranger's again, but for TLS and for the tries that were used up.</summary>
internal static class Unauthenticate
{
    public static async ValueTask<Completion> RunAsync(ImapSession session)
    {
        await session.CloseAccountAsync().ConfigureAwait(false);
        return Completion.Ok("UNAUTHENTICATE completed");
    }
}
