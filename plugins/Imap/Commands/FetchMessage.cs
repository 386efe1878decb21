using System.Buffers;
using System.Text;
using MailServer.Wire.Imap;

namespace MailServer.Plugins.Imap.Commands;

/// <summary>Writes the FETCH response of one message that has to be read.</summary>
internal static class FetchMessage
{
    /// <summary>Nothing is written when there is a problem.</summary>
    public static async ValueTask<Problem?> WriteAsync(
        ImapSession session, IFolderView view, FetchPlan plan, HeaderBuffer header, int sequence, bool tellsFlags, CancellationToken cancellationToken)
    {
        MessageStructure? structure = null;
        if (plan.NeedsStructure)
        {
            var read = await view.StructureAtAsync(sequence, cancellationToken).ConfigureAwait(false);
            if (!read.TryGet(out structure, out var problem))
                return Report(session, view, sequence, problem);
        }

        var isAtHand = plan.IsOfKeptFields && header.TryHold(view.FieldsAt(sequence));
        if (!plan.NeedsContent || isAtHand)
        {
            await WriteItemsAsync(session, view, plan, header, sequence, tellsFlags, structure, content: null, cancellationToken).ConfigureAwait(false);
            return null;
        }

        var opened = await view.OpenMessageAsync(sequence, cancellationToken).ConfigureAwait(false);
        if (!opened.TryGet(out var content, out var failure))
            return Report(session, view, sequence, failure);
        await using (content.ConfigureAwait(false))
            await WriteItemsAsync(session, view, plan, header, sequence, tellsFlags, structure, content, cancellationToken).ConfigureAwait(false);
        return null;
    }

    private static Problem Report(ImapSession session, IFolderView view, int sequence, Problem problem)
    {
        Log.MessageUnreadable(session.Services.Logger, session.Connection.Info.Id, view.Folder, view.UidAt(sequence), problem.Text);
        return problem;
    }

    private static async ValueTask WriteItemsAsync(
        ImapSession session, IFolderView view, FetchPlan plan, HeaderBuffer header, int sequence, bool tellsFlags, MessageStructure? structure, IMessageContent? content,
        CancellationToken cancellationToken)
    {
        for (var i = 0; i < plan.Items.Count; i++)
        {
            var item = plan.Items[i];
            if (item.Section is { } section)
            {
                var octets = content is null
                    ? SectionContent.Among(section, header)
                    : await SectionContent.FindAsync(structure?.Root, section, content, header, cancellationToken).ConfigureAwait(false);
                WriteItem(session, view, plan, sequence, item, isFirst: i == 0, structure, octets?.Within(item.Partial).Size);
                if (octets is not null)
                    await octets.Within(item.Partial).CopyToAsync(content, session.Output.Pipe, cancellationToken).ConfigureAwait(false);
            }
            else if (item.Name == FetchName.Preview)
            {
                var preview = await view.PreviewAtAsync(sequence, cancellationToken).ConfigureAwait(false);
                WritePreview(session, sequence, isFirst: i == 0, preview.TryGet(out var text, out _) ? text : "");
            }
            else
            {
                WriteItem(session, view, plan, sequence, item, isFirst: i == 0, structure, size: null);
            }
        }

        if (tellsFlags)
            foreach (var item in plan.SeenItems)
                WriteItem(session, view, plan, sequence, item, isFirst: false, structure, size: null);
        session.Output.Pipe.Write(")\r\n"u8);
        await session.Output.FlushIfEnoughAsync().ConfigureAwait(false);
    }

    // RFC 8970 §3.2: what has none has an empty one.
    private static void WritePreview(ImapSession session, int sequence, bool isFirst, string text)
    {
        var writer = session.Output.Begin();
        if (isFirst)
            FetchWriter.Start(ref writer, sequence);
        else
            writer.Raw(' ');
        writer.Raw("PREVIEW "u8);
        writer.Text(Encoding.UTF8.GetBytes(text));
        writer.Commit();
    }

    private static void WriteItem(
        ImapSession session, IFolderView view, FetchPlan plan, int sequence, FetchItem item, bool isFirst, MessageStructure? structure, long? size)
    {
        var writer = session.Output.Begin();
        if (isFirst)
            FetchWriter.Start(ref writer, sequence);
        else
            writer.Raw(' ');
        if (item.Section is not null)
            FetchWriter.SectionStart(ref writer, item, size);
        else
            FetchWriter.Item(ref writer, item.Name, view, sequence, plan.InfoOf(view, sequence), structure);
        writer.Commit();
    }
}
