using MailServer.Wire.Imap;

namespace MailServer.Plugins.Imap.Commands;

/// <summary>CANCELUPDATE (RFC 5267 §4.3.5). A search that is not kept has nothing to cancel, which is no error.</summary>
internal static class CancelUpdate
{
    public static Completion Run(ImapSession session, ImapRequest.CancelUpdate request)
    {
        session.Contexts.Cancel(request.Searches.Select(ImapSession.TextOf));
        return Completion.Ok("No further updates");
    }
}
