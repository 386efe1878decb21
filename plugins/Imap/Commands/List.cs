using MailServer.Wire.Imap;

namespace MailServer.Plugins.Imap.Commands;

/// <summary>LIST (RFC 3501 §6.3.8), extended by RFC 5258 (LIST-EXTENDED), RFC 6154 (SPECIAL-USE), RFC 5819 (LIST-STATUS) and RFC 9590 (LIST-METADATA).</summary>
internal static class List
{
    public static async ValueTask<Completion> RunAsync(
        ImapSession session, IMailAccount account, ImapRequest.List request, CancellationToken cancellationToken)
    {
        if (!request.IsExtended && request.Patterns[0].IsEmpty)
        {
            // The delimiter and the root of the reference, which is always the empty one.
            session.Output.Untagged("LIST (\\Noselect) \"/\" \"\"");
            return Completion.Ok("LIST completed");
        }

        var listed = await account.ListAsync(cancellationToken).ConfigureAwait(false);
        if (!listed.TryGet(out var folders, out var problem))
            return Completion.From(problem);
        IReadOnlyList<FolderName>? subscribed = null;
        if ((request.Options & (ListOptions.SelectSubscribed | ListOptions.ReturnSubscribed)) != 0)
        {
            var outcome = await account.ListSubscribedAsync(cancellationToken).ConfigureAwait(false);
            if (!outcome.TryGet(out subscribed, out problem))
                return Completion.From(problem);
        }

        foreach (var name in ListSelection.Select(session, request, folders, subscribed ?? []))
        {
            ListWriter.Write(session, "LIST"u8, name.Attributes(request.IsExtended), name.Name, name.HasChildInfo ? " (\"CHILDINFO\" (\"SUBSCRIBED\"))"u8 : default);

            // RFC 5819 §2: no STATUS for what cannot be selected, nor for what fails.
            if (request.StatusItems.Count > 0 && name.Folder is { IsSelectable: true })
                await Status.WriteAsync(session, account, name.Name, request.StatusItems, cancellationToken).ConfigureAwait(false);
            if (request.MetadataEntries.Count > 0)
                await Metadata.WriteAsync(session, account, name.Name, request.MetadataEntries, cancellationToken).ConfigureAwait(false);
            await session.Output.FlushIfEnoughAsync().ConfigureAwait(false);
        }

        return Completion.Ok("LIST completed");
    }
}
