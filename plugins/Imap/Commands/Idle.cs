using System.Text;
using MailServer.Wire.Imap;

namespace MailServer.Plugins.Imap.Commands;

/// <summary>IDLE (RFC 2177): a mode of the session's loop, so that a new generation takes it over as it is.</summary>
internal static class Idle
{
    public static Completion? Run(ImapSession session, ImapRequest.Simple request)
    {
        session.Output.Continue("idling");
        session.Expect(ImapMode.Idle, request.Tag);
        return null;
    }

    /// <summary>The line that ends it: DONE, and no other.</summary>
    public static Completion Finish(ReadOnlySpan<byte> line) =>
        Ascii.EqualsIgnoreCase(line, "DONE"u8) ? Completion.Ok("IDLE completed") : Completion.Bad("DONE ends IDLE");
}
