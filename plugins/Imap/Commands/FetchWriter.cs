using MailServer.Wire.Imap;

namespace MailServer.Plugins.Imap.Commands;

/// <summary>Writes FETCH's items that need no reading.</summary>
internal static class FetchWriter
{
    /// <summary>Whole responses for messages whose items are all in the index.</summary>
    public static void WriteFromIndex(ImapSession session, IFolderView view, FetchPlan plan, int first, int last)
    {
        var writer = session.Output.Begin();
        for (var sequence = first; sequence <= last; sequence++)
        {
            Start(ref writer, plan.Features, view, sequence);
            var info = plan.InfoOf(view, sequence);
            for (var i = 0; i < plan.Items.Count; i++)
            {
                if (i > 0)
                    writer.Raw(' ');
                Item(ref writer, plan, plan.Items[i].Name, view, sequence, info, structure: null);
            }

            writer.Raw(")\r\n"u8);
        }

        writer.Commit();
    }

    /// <summary><c>* n FETCH (</c>, or <c>* uid UIDFETCH (</c> (RFC 9586 §3.3).</summary>
    public static void Start(ref ResponseWriter writer, ImapFeatures features, IFolderView view, int sequence)
    {
        var isUidOnly = features.HasFlag(ImapFeatures.UidOnly);
        writer.Raw("* "u8);
        writer.Number(isUidOnly ? view.UidAt(sequence) : sequence);
        writer.Raw(isUidOnly ? " UIDFETCH ("u8 : " FETCH ("u8);
    }

    /// <summary>One item with its name.</summary>
    public static void Item(ref ResponseWriter writer, FetchPlan plan, FetchName name, IFolderView view, int sequence, in MessageInfo info, MessageStructure? structure)
    {
        switch (name)
        {
            case FetchName.Uid:
                writer.Raw("UID "u8);
                writer.Number(info.Uid);
                break;
            case FetchName.Flags:
                writer.Raw("FLAGS "u8);
                writer.Flags((FlagBits)info.Flags.System, info.Flags.Keywords, !plan.Features.HasFlag(ImapFeatures.Rev2) && view.IsRecent(sequence));
                break;
            case FetchName.InternalDate:
                writer.Raw("INTERNALDATE "u8);
                writer.DateTime(info.InternalDate);
                break;
            case FetchName.Rfc822Size:
                writer.Raw("RFC822.SIZE "u8);
                writer.Number(info.Size);
                break;
            case FetchName.ModSeq:
                writer.Raw("MODSEQ ("u8);
                writer.Number((long)view.ModSeqAt(sequence));
                writer.Raw(')');
                break;
            case FetchName.EmailId:
                writer.Raw("EMAILID "u8);
                writer.Ascii(view.EmailIdAt(sequence) is { } id ? $"({id})" : "NIL");
                break;
            case FetchName.ThreadId:
                // RFC 8474 §5.2: NIL where the server has no threads of its own.
                writer.Raw("THREADID NIL"u8);
                break;
            case FetchName.SaveDate:
                writer.Raw("SAVEDATE "u8);
                if (view.SaveDateAt(sequence) is { } date)
                    writer.DateTime(date);
                else
                    writer.Raw("NIL"u8);
                break;
            case FetchName.LazyPreview:
                // RFC 8970 §4.1: none is kept, so none is at hand without delay.
                writer.Raw("PREVIEW NIL"u8);
                break;
            case FetchName.Envelope when structure is not null:
                writer.Raw("ENVELOPE "u8);
                writer.Raw(structure.Envelope.Span);
                break;
            case FetchName.Body when structure is not null:
                writer.Raw("BODY "u8);
                writer.Raw(structure.Body.Span);
                break;
            case FetchName.BodyStructure when structure is not null:
                writer.Raw("BODYSTRUCTURE "u8);
                writer.Raw(structure.BodyStructure.Span);
                break;
        }
    }

    /// <summary>A section's name, and the start of its literal or NIL.</summary>
    public static void SectionStart(ref ResponseWriter writer, FetchItem item, long? size)
    {
        switch (item.Name)
        {
            case FetchName.Rfc822:
                writer.Raw("RFC822"u8);
                break;
            case FetchName.Rfc822Header:
                writer.Raw("RFC822.HEADER"u8);
                break;
            case FetchName.Rfc822Text:
                writer.Raw("RFC822.TEXT"u8);
                break;
            default:
                writer.Section(item.Section ?? BodySection.Whole, item.Partial?.Offset);
                break;
        }

        writer.Raw(' ');
        if (size is { } octets)
            writer.LiteralHeader(octets);
        else
            writer.Raw("NIL"u8);
    }
}
