namespace MailServer.Plugins.Imap.Commands;

/// <summary>UNAUTHENTICATE (RFC 8437): the connection is a stranger's again, but for TLS and for the tries that were used up.</summary>
internal static class Unauthenticate
{
    public static async ValueTask<Completion> RunAsync(ImapSession session)
    {
        // The client would have to know to the octet where its own compression ends (RFC 8437 §3); none is known to do that.
        if (session.IsCompressed)
            return Completion.No("CANNOT", "Not while the connection is compressed");
        await session.CloseAccountAsync().ConfigureAwait(false);
        return Completion.Ok("UNAUTHENTICATE completed");
    }
}
