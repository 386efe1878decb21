using System.Buffers;
using System.Text;
using MailServer.Wire.Imap;

namespace MailServer.Plugins.Imap.Commands;

/// <summary>Writes the FETCH response of one message that has to be read.</summary>
internal static class FetchMessage
{
    /// <summary>Nothing is written when there is a problem, but for one part's unknown encoding.</summary>
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
            return await WriteItemsAsync(session, view, plan, header, sequence, tellsFlags, structure, content: null, cancellationToken).ConfigureAwait(false);
        }

        var opened = await view.OpenMessageAsync(sequence, cancellationToken).ConfigureAwait(false);
        if (!opened.TryGet(out var content, out var failure))
            return Report(session, view, sequence, failure);
        await using (content.ConfigureAwait(false))
            return await WriteItemsAsync(session, view, plan, header, sequence, tellsFlags, structure, content, cancellationToken).ConfigureAwait(false);
    }

    private static Problem Report(ImapSession session, IFolderView view, int sequence, Problem problem)
    {
        Log.MessageUnreadable(session.Services.Logger, session.Connection.Info.Id, view.Folder, view.UidAt(sequence), problem.Text);
        return problem;
    }

    private static async ValueTask<Problem?> WriteItemsAsync(
        ImapSession session, IFolderView view, FetchPlan plan, HeaderBuffer header, int sequence, bool tellsFlags, MessageStructure? structure, IMessageContent? content,
        CancellationToken cancellationToken)
    {
        Problem? problem = null;
        for (var i = 0; i < plan.Items.Count; i++)
        {
            var item = plan.Items[i];
            if (item.Name is FetchName.Binary or FetchName.BinarySize && content is not null)
            {
                problem = await WriteBinaryAsync(session, view, header, sequence, item, isFirst: i == 0, structure, content, cancellationToken).ConfigureAwait(false) ?? problem;
            }
            else if (item.Section is { } section)
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
                WritePreview(session, view, sequence, isFirst: i == 0, preview.TryGet(out var text, out _) ? text : "");
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
        return problem;
    }

    // RFC 3516 §4.3: a string where that can hold it, else a literal8.
    private static async ValueTask<Problem?> WriteBinaryAsync(
        ImapSession session, IFolderView view, HeaderBuffer header, int sequence, FetchItem item, bool isFirst, MessageStructure? structure, IMessageContent content, CancellationToken cancellationToken)
    {
        var found = await BinaryContent.FindAsync(structure?.Root, item.Section!, content, header, cancellationToken).ConfigureAwait(false);
        var problem = found?.Problem;
        var binary = found is { Problem: null } ? found.Value.Value : null;
        WriteBinaryStart(session, view, sequence, item, isFirst, binary);
        if (binary is not null && item.Name == FetchName.Binary)
            await binary.CopyToAsync(content, session.Output.Pipe, item.Partial, cancellationToken).ConfigureAwait(false);
        return problem;
    }

    private static void WriteBinaryStart(ImapSession session, IFolderView view, int sequence, FetchItem item, bool isFirst, BinaryContent? binary)
    {
        var writer = session.Output.Begin();
        if (isFirst)
            FetchWriter.Start(ref writer, session.Features, view, sequence);
        else
            writer.Raw(' ');
        var isSize = item.Name == FetchName.BinarySize;
        writer.Section(isSize ? "BINARY.SIZE"u8 : "BINARY"u8, item.Section!, item.Partial?.Offset);
        writer.Raw(' ');
        if (isSize)
        {
            writer.Number(binary?.Size ?? 0);
        }
        else if (binary is null)
        {
            writer.Raw("NIL"u8);
        }
        else
        {
            if (binary.HasNul)
                writer.Raw('~');
            writer.LiteralHeader(binary.SizeWithin(item.Partial));
        }

        writer.Commit();
    }

    // RFC 8970 §3.2: what has none has an empty one.
    private static void WritePreview(ImapSession session, IFolderView view, int sequence, bool isFirst, string text)
    {
        var writer = session.Output.Begin();
        if (isFirst)
            FetchWriter.Start(ref writer, session.Features, view, sequence);
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
            FetchWriter.Start(ref writer, session.Features, view, sequence);
        else
            writer.Raw(' ');
        if (item.Section is not null)
            FetchWriter.SectionStart(ref writer, item, size);
        else
            FetchWriter.Item(ref writer, plan, item.Name, view, sequence, plan.InfoOf(view, sequence), structure);
        writer.Commit();
    }
}
