namespace MailServer.Plugins.Imap.Commands;

/// <summary>UNSELECT (RFC 3691): leaves the folder and expunges nothing.</summary>
internal static class Unselect
{
    public static async ValueTask<Completion> RunAsync(ImapSession session)
    {
        await session.CloseViewAsync().ConfigureAwait(false);
        return Completion.Ok("UNSELECT completed");
    }
}
