namespace MailServer.Wire.Imap;

/// <content>Commands about mailboxes.</content>
public static partial class RequestParser
{
    private static Arguments OnMailbox(MailboxCommand command) => (ref cursor, tag, out request) =>
    {
        request = null;
        return cursor.TrySkipSpace() && cursor.TryReadAString(out var mailbox)
            ? Done(new ImapRequest.OnMailbox(tag, command, mailbox), out request)
            : RequestFault.BadArguments;
    };

    /// <summary><c>select = "SELECT" SP mailbox [SP "(" select-param *(SP select-param) ")"]</c> (RFC 4466 §2.1).</summary>
    private static RequestFault ReadSelect(ref Cursor cursor, ReadOnlyMemory<byte> tag, bool examine, out ImapRequest? request)
    {
        request = null;
        if (!cursor.TrySkipSpace() || !cursor.TryReadAString(out var mailbox))
            return RequestFault.BadArguments;
        var select = new ImapRequest.Select(tag, mailbox, examine);
        if (!cursor.TrySkipWord(" ("u8))
            return Done(select, out request);
        do
        {
            if (cursor.TrySkipWord("CONDSTORE"u8))
                select = select with { IsCondStore = true };
            else if (select.Resync is null && cursor.TrySkipWord("QRESYNC "u8) && ResyncParameter.TryRead(ref cursor, out var resync))
                select = select with { Resync = resync };
            else
                return RequestFault.BadArguments;
        }
        while (cursor.TrySkipSpace());

        return cursor.TrySkip(')') ? Done(select, out request) : RequestFault.BadArguments;
    }

    /// <summary><c>rename = "RENAME" SP mailbox SP mailbox</c>.</summary>
    private static RequestFault ReadRename(ref Cursor cursor, ReadOnlyMemory<byte> tag, out ImapRequest? request)
    {
        request = null;
        return cursor.TrySkipSpace() && cursor.TryReadAString(out var from) && cursor.TrySkipSpace() && cursor.TryReadAString(out var to)
            ? Done(new ImapRequest.Rename(tag, from, to), out request)
            : RequestFault.BadArguments;
    }

    /// <summary><c>create = "CREATE" SP mailbox [SP "(" "USE" SP "(" [use-attr *(SP use-attr)] ")" ")"]</c> (RFC 6154 §6).</summary>
    private static RequestFault ReadCreate(ref Cursor cursor, ReadOnlyMemory<byte> tag, out ImapRequest? request)
    {
        request = null;
        var uses = new List<ReadOnlyMemory<byte>>();
        if (!cursor.TrySkipSpace() || !cursor.TryReadAString(out var mailbox))
            return RequestFault.BadArguments;
        if (cursor.TrySkipWord(" ("u8))
        {
            if (!cursor.TrySkipWord("USE ("u8))
                return RequestFault.BadArguments;
            while (!cursor.TrySkip(')'))
            {
                var start = cursor.Position;
                if (uses.Count == GrammarLimits.Names)
                    return RequestFault.TooMany;
                if (!cursor.TrySkip('\\') || !cursor.TryReadAtom(out _))
                    return RequestFault.BadArguments;
                uses.Add(cursor.From(start));
                if (!cursor.TrySkipSpace() && cursor.Next != (byte)')')
                    return RequestFault.BadArguments;
            }

            if (!cursor.TrySkip(')'))
                return RequestFault.BadArguments;
        }

        return Done(new ImapRequest.Create(tag, mailbox, uses), out request);
    }

    /// <summary><c>status = "STATUS" SP mailbox SP "(" status-att *(SP status-att) ")"</c>.</summary>
    private static RequestFault ReadStatus(ref Cursor cursor, ReadOnlyMemory<byte> tag, out ImapRequest? request)
    {
        request = null;
        if (!cursor.TrySkipSpace() || !cursor.TryReadAString(out var mailbox) || !cursor.TrySkipSpace())
            return RequestFault.BadArguments;
        var fault = ReadStatusItems(ref cursor, out var items);
        return fault == RequestFault.None ? Done(new ImapRequest.Status(tag, mailbox, items), out request) : fault;
    }

    private static RequestFault ReadStatusItems(ref Cursor cursor, out IReadOnlyList<StatusItem> items)
    {
        var list = new List<StatusItem>();
        items = list;
        if (!cursor.TrySkip('('))
            return RequestFault.BadArguments;
        do
        {
            if (list.Count == GrammarLimits.Names)
                return RequestFault.TooMany;
            if (!TryReadStatusItem(ref cursor, out var item))
                return RequestFault.BadArguments;
            list.Add(item);
        }
        while (cursor.TrySkipSpace());

        return cursor.TrySkip(')') ? RequestFault.None : RequestFault.BadArguments;
    }

    private static bool TryReadStatusItem(ref Cursor cursor, out StatusItem item)
    {
        if (cursor.TrySkipWord("MESSAGES"u8))
            item = StatusItem.Messages;
        else if (cursor.TrySkipWord("RECENT"u8))
            item = StatusItem.Recent;
        else if (cursor.TrySkipWord("UIDNEXT"u8))
            item = StatusItem.UidNext;
        else if (cursor.TrySkipWord("UIDVALIDITY"u8))
            item = StatusItem.UidValidity;
        else if (cursor.TrySkipWord("UNSEEN"u8))
            item = StatusItem.Unseen;
        else if (cursor.TrySkipWord("SIZE"u8))
            item = StatusItem.Size;
        else if (cursor.TrySkipWord("HIGHESTMODSEQ"u8))
            item = StatusItem.HighestModSeq;
        else if (cursor.TrySkipWord("MAILBOXID"u8))
            item = StatusItem.MailboxId;
        else if (cursor.TrySkipWord("APPENDLIMIT"u8))
            item = StatusItem.AppendLimit;
        else if (cursor.TrySkipWord("DELETED-STORAGE"u8))
            item = StatusItem.DeletedStorage;
        else if (cursor.TrySkipWord("DELETED"u8))
            item = StatusItem.Deleted;
        else
        {
            item = default;
            return false;
        }

        return cursor.Next is (byte)' ' or (byte)')';
    }
}
