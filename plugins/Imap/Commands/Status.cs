using MailServer.Wire.Imap;

namespace MailServer.Plugins.Imap.Commands;

/// <summary>STATUS (RFC 3501 §6.3.10, RFC 8438).</summary>
internal static class Status
{
    public static async ValueTask<Completion> RunAsync(
        ImapSession session, IMailAccount account, ImapRequest.Status request, CancellationToken cancellationToken)
    {
        if (!FolderNames.TryRead(request.Mailbox, out var folder))
            return FolderNames.Invalid;
        var outcome = await account.StatusAsync(folder, request.Items.Contains(StatusItem.Size), cancellationToken).ConfigureAwait(false);
        if (!outcome.TryGet(out var status, out var problem))
            return Completion.From(problem);
        Write(session, folder, status, request.Items);
        return Completion.Ok("STATUS completed");
    }

    public static void Write(ImapSession session, FolderName folder, FolderStatus status, IReadOnlyList<StatusItem> items)
    {
        var writer = session.Output.Begin();
        writer.Raw("* STATUS "u8);
        FolderNames.Write(ref writer, folder);
        for (var i = 0; i < items.Count; i++)
        {
            writer.Raw(i == 0 ? " ("u8 : " "u8);
            writer.Raw(NameOf(items[i]));
            writer.Raw(' ');
            writer.Number(ValueOf(items[i], status));
        }

        writer.Raw(")\r\n"u8);
        writer.Commit();
    }

    private static ReadOnlySpan<byte> NameOf(StatusItem item) => item switch
    {
        StatusItem.Messages => "MESSAGES"u8,
        StatusItem.Recent => "RECENT"u8,
        StatusItem.UidNext => "UIDNEXT"u8,
        StatusItem.UidValidity => "UIDVALIDITY"u8,
        StatusItem.Unseen => "UNSEEN"u8,
        _ => "SIZE"u8,
    };

    private static long ValueOf(StatusItem item, FolderStatus status) => item switch
    {
        StatusItem.Messages => status.Messages,
        StatusItem.Recent => status.Recent,
        StatusItem.UidNext => status.UidNext,
        StatusItem.UidValidity => status.UidValidity,
        StatusItem.Unseen => status.Unseen,
        _ => status.Size,
    };
}
