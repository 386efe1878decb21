using System.IO.Pipelines;
using System.Text;
using MailServer.Wire.Imap;

namespace MailServer.Plugins.Imap.Commands;

/// <summary>What a URL of CATENATE names (RFC 4469 §3): octets of a message of the same account, as FETCH BODY gives them.</summary>
internal static class CatenateUrl
{
    // What of a bad URL is sent back.
    private const int Shown = 200;

    /// <summary>Copies the octets, when <paramref name="take"/> lets so many pass; null, or why not.</summary>
    public static async ValueTask<Completion?> CopyAsync(
        ImapSession session, IMailAccount account, ReadOnlyMemory<byte> text, PipeWriter body, Func<long, Completion?> take, CancellationToken cancellationToken)
    {
        if (!ImapUrl.TryParse(text.Span, out var url) || FolderOf(session, url) is not { } folder)
            return Bad(text);
        var opened = await account.OpenFolderAsync(folder, FolderAccess.ReadOnly, session: null, cancellationToken).ConfigureAwait(false);
        if (!opened.TryGet(out var view, out _))
            return Bad(text);
        await using (view.ConfigureAwait(false))
        {
            var sequence = view.SequenceOf(url.Uid);
            if (sequence == 0 || (url.UidValidity is { } validity && validity != view.UidValidity))
                return Bad(text);
            var message = await view.OpenMessageAsync(sequence, cancellationToken).ConfigureAwait(false);
            if (!message.TryGet(out var content, out _))
                return Bad(text);
            await using (content.ConfigureAwait(false))
            {
                if (await FindAsync(view, sequence, url, content, cancellationToken).ConfigureAwait(false) is not { } octets)
                    return Bad(text);
                if (take(octets.Size) is { } refusal)
                    return refusal;
                await octets.CopyToAsync(content, body, cancellationToken).ConfigureAwait(false);
                await body.FlushAsync(cancellationToken).ConfigureAwait(false);
                return null;
            }
        }
    }

    private static FolderName? FolderOf(ImapSession session, ImapUrl url) =>
        url.Mailbox is null ? session.View?.Folder : FolderName.TryParse(url.Mailbox, out var folder) ? folder : null;

    private static async ValueTask<SectionContent?> FindAsync(
        IFolderView view, int sequence, ImapUrl url, IMessageContent content, CancellationToken cancellationToken)
    {
        var structure = await view.StructureAtAsync(sequence, cancellationToken).ConfigureAwait(false);
        if (!structure.TryGet(out var found, out _))
            return null;
        var octets = await SectionContent.FindAsync(found.Root, url.Section, content, new HeaderBuffer(), cancellationToken).ConfigureAwait(false);
        return octets?.Within(url.Partial);
    }

    // RFC 4469 §4.1; what would end the response code stays out of it.
    private static Completion Bad(ReadOnlyMemory<byte> url)
    {
        var shown = Encoding.ASCII.GetString(url.Span[..Math.Min(Shown, url.Length)]).Where(c => c is > ' ' and <= '~' and not (']' or '\\' or '"'));
        return Completion.No($"BADURL \"{string.Concat(shown)}\"", "No such message or part");
    }
}
