using System.Text;
using MailServer.Wire.Imap;

namespace MailServer.Plugins.Imap.Commands;

/// <summary>ENABLE (RFC 5161): answers with what it has enabled; unknown names are passed over (§3.1).</summary>
internal static class Enable
{
    public static Completion Run(ImapSession session, ImapRequest.Enable request)
    {
        var enabled = new StringBuilder("ENABLED");
        foreach (var name in request.Capabilities)
        {
            if (Ascii.EqualsIgnoreCase(name.Span, "CONDSTORE"u8))
                enabled.Append(" CONDSTORE");
            else if (Ascii.EqualsIgnoreCase(name.Span, "QRESYNC"u8))
                enabled.Append(" QRESYNC");
        }

        session.Output.Untagged(enabled.ToString());
        if (request.Capabilities.Any(name => Ascii.EqualsIgnoreCase(name.Span, "QRESYNC"u8)))
        {
            session.EnableCondStore();
            session.Features |= ImapFeatures.QResync;
        }
        else if (request.Capabilities.Any(name => Ascii.EqualsIgnoreCase(name.Span, "CONDSTORE"u8)))
        {
            session.EnableCondStore();
        }

        return Completion.Ok("ENABLE completed");
    }
}
