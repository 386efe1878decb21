using MailServer.Wire.Imap;

namespace MailServer.Plugins.Imap.Commands;

/// <summary>STATUS (RFC 3501 §6.3.10), with items of RFC 8438, RFC 7162, RFC 8474, RFC 7889 and RFC 9208.</summary>
internal static class Status
{
    public static async ValueTask<Completion> RunAsync(
        ImapSession session, IMailAccount account, ImapRequest.Status request, CancellationToken cancellationToken)
    {
        if (!FolderNames.TryRead(session, request.Mailbox, out var folder))
            return FolderNames.Invalid;
        return await WriteAsync(session, account, folder, request.Items, cancellationToken).ConfigureAwait(false) is { } problem
            ? Completion.From(problem)
            : Completion.Ok("STATUS completed");
    }

    /// <summary>Writes the response; nothing when there is a problem.</summary>
    public static async ValueTask<Problem?> WriteAsync(
        ImapSession session, IMailAccount account, FolderName folder, IReadOnlyList<StatusItem> items, CancellationToken cancellationToken)
    {
        var outcome = await account.StatusAsync(folder, items.Contains(StatusItem.Size), cancellationToken).ConfigureAwait(false);
        if (!outcome.TryGet(out var status, out var problem))
            return problem;
        var deletedStorage = 0L;
        if (items.Contains(StatusItem.DeletedStorage))
        {
            var sum = await SumDeletedAsync(account, folder, cancellationToken).ConfigureAwait(false);
            if (!sum.TryGet(out deletedStorage, out problem))
                return problem;
        }

        if (items.Contains(StatusItem.HighestModSeq))
            session.EnableCondStore();
        Write(session, folder, status, deletedStorage, items);
        return null;
    }

    // Clients ask for it before they offer to empty a folder: seldom enough to look at the messages for it.
    private static async ValueTask<Outcome<long>> SumDeletedAsync(IMailAccount account, FolderName folder, CancellationToken cancellationToken)
    {
        var opened = await account.OpenFolderAsync(folder, FolderAccess.ReadOnly, session: null, cancellationToken).ConfigureAwait(false);
        if (!opened.TryGet(out var view, out var problem))
            return problem;
        await using (view.ConfigureAwait(false))
        {
            var sum = 0L;
            for (var sequence = 1; sequence <= view.Count; sequence++)
                if ((view.FlagsAt(sequence).System & SystemFlags.Deleted) != 0)
                    sum += view.InfoAt(sequence).Size;
            return sum;
        }
    }

    private static void Write(ImapSession session, FolderName folder, FolderStatus status, long deletedStorage, IReadOnlyList<StatusItem> items)
    {
        var writer = session.Output.Begin();
        writer.Raw("* STATUS "u8);
        FolderNames.Write(ref writer, session, folder);
        writer.Raw(" ("u8);
        for (var i = 0; i < items.Count; i++)
        {
            if (i > 0)
                writer.Raw(' ');
            writer.Raw(NameOf(items[i]));
            writer.Raw(' ');
            if (items[i] == StatusItem.MailboxId)
                writer.Ascii($"({status.MailboxId})");
            else
                writer.Number(ValueOf(items[i], status, session, deletedStorage));
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
        StatusItem.HighestModSeq => "HIGHESTMODSEQ"u8,
        StatusItem.MailboxId => "MAILBOXID"u8,
        StatusItem.AppendLimit => "APPENDLIMIT"u8,
        StatusItem.Deleted => "DELETED"u8,
        StatusItem.DeletedStorage => "DELETED-STORAGE"u8,
        _ => "SIZE"u8,
    };

    private static long ValueOf(StatusItem item, FolderStatus status, ImapSession session, long deletedStorage) => item switch
    {
        StatusItem.Messages => status.Messages,
        StatusItem.Recent => status.Recent,
        StatusItem.UidNext => status.UidNext,
        StatusItem.UidValidity => status.UidValidity,
        StatusItem.Unseen => status.Unseen,
        StatusItem.HighestModSeq => (long)Math.Max(1, status.HighestModSeq),
        StatusItem.AppendLimit => session.Services.Options.MaxMessageSize,
        StatusItem.Deleted => status.Deleted,
        StatusItem.DeletedStorage => deletedStorage,
        _ => status.Size,
    };
}
