using System.Text;
using MailServer.Wire.Imap;

namespace MailServer.Plugins.Imap.Commands;

/// <summary>ENABLE (RFC 5161): answers with what it has enabled; unknown names are passed over (§3.1).</summary>
internal static class Enable
{
    private static readonly (string Name, ImapFeatures Feature)[] Known =
    [
        ("CONDSTORE", ImapFeatures.CondStore),
        ("QRESYNC", ImapFeatures.QResync),
        ("UTF8=ACCEPT", ImapFeatures.Utf8),
        ("IMAP4rev2", ImapFeatures.Rev2),
        ("UIDONLY", ImapFeatures.UidOnly),
    ];

    public static Completion Run(ImapSession session, ImapRequest.Enable request)
    {
        var enabled = new StringBuilder("ENABLED");
        var features = ImapFeatures.None;
        foreach (var name in request.Capabilities)
            foreach (var (known, feature) in Known)
                if (Ascii.EqualsIgnoreCase(name.Span, known))
                {
                    enabled.Append(' ').Append(known);
                    features |= feature;
                }

        session.Output.Untagged(enabled.ToString());

        // QRESYNC is CONDSTORE and more (RFC 7162 §3.2.3).
        if ((features & (ImapFeatures.CondStore | ImapFeatures.QResync)) != 0)
            session.EnableCondStore();
        session.Features |= features;
        return Completion.Ok("ENABLE completed");
    }
}
