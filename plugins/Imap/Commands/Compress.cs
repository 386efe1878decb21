using System.Text;
using MailServer.Wire.Imap;

namespace MailServer.Plugins.Imap.Commands;

/// <summary>COMPRESS (RFC 4978). Only for who has logged in: it costs memory that a stranger need not have.</summary>
internal static class Compress
{
    public static Completion Run(ImapSession session, ImapRequest.Compress request)
    {
        if (!Ascii.EqualsIgnoreCase(request.Mechanism.Span, "DEFLATE"u8))
            return Completion.Bad("Unknown mechanism");
        if (!session.Connection.Info.CanCompress)
            return Completion.No("COMPRESSIONACTIVE", "DEFLATE is active, or not to be had");

        // What is here already is not compressed, and what comes next is: a client that does not wait cannot be understood (§3).
        if (session.HasMoreInput)
        {
            session.Goodbye = "Commands behind COMPRESS";
            return Completion.Bad("Wait for the answer to COMPRESS");
        }

        session.AnswersCompress = true;
        return Completion.Ok("DEFLATE active");
    }
}
