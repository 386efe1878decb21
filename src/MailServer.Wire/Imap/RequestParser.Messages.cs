using System.Text;

namespace MailServer.Wire.Imap;

/// <content>Commands about messages, with and without UID.</content>
public static partial class RequestParser
{
    /// <summary><c>uid = "UID" SP (copy / move / fetch / search / store / uid-expunge)</c>.</summary>
    private static RequestFault ReadUid(ref Cursor cursor, ReadOnlyMemory<byte> tag, out ImapRequest? request)
    {
        request = null;
        if (!cursor.TrySkipSpace() || !cursor.TryReadAtom(out var name))
            return RequestFault.BadArguments;
        var verb = name.Span;
        if (Ascii.EqualsIgnoreCase(verb, "FETCH"u8))
            return ReadFetch(ref cursor, tag, isUid: true, out request);
        if (Ascii.EqualsIgnoreCase(verb, "STORE"u8))
            return ReadStore(ref cursor, tag, isUid: true, out request);
        if (Ascii.EqualsIgnoreCase(verb, "SEARCH"u8))
            return ReadSearch(ref cursor, tag, isUid: true, out request);
        if (Ascii.EqualsIgnoreCase(verb, "COPY"u8))
            return ReadCopy(ref cursor, tag, isUid: true, isMove: false, out request);
        if (Ascii.EqualsIgnoreCase(verb, "MOVE"u8))
            return ReadCopy(ref cursor, tag, isUid: true, isMove: true, out request);
        if (!Ascii.EqualsIgnoreCase(verb, "EXPUNGE"u8))
            return RequestFault.UnknownCommand;
        return cursor.TrySkipSpace() && cursor.TryReadSequenceSet(out var uids)
            ? Done(new ImapRequest.Expunge(tag, uids), out request)
            : RequestFault.BadArguments;
    }

    private static RequestFault ReadFetch(ref Cursor cursor, ReadOnlyMemory<byte> tag, out ImapRequest? request) =>
        ReadFetch(ref cursor, tag, isUid: false, out request);

    /// <summary><c>fetch = "FETCH" SP sequence-set SP (macro / fetch-att / list)</c>.</summary>
    private static RequestFault ReadFetch(ref Cursor cursor, ReadOnlyMemory<byte> tag, bool isUid, out ImapRequest? request)
    {
        request = null;
        if (!cursor.TrySkipSpace() || !cursor.TryReadSequenceSet(out var messages) || !cursor.TrySkipSpace())
            return RequestFault.BadArguments;
        var fault = FetchReader.Read(ref cursor, out var items);
        return fault == RequestFault.None ? Done(new ImapRequest.Fetch(tag, isUid, messages, items), out request) : fault;
    }

    private static RequestFault ReadStore(ref Cursor cursor, ReadOnlyMemory<byte> tag, out ImapRequest? request) =>
        ReadStore(ref cursor, tag, isUid: false, out request);

    /// <summary>
    /// <c>store = "STORE" SP sequence-set SP (["+" / "-"] "FLAGS" [".SILENT"]) SP (flag-list / (flag *(SP flag)))</c>.
    /// </summary>
    private static RequestFault ReadStore(ref Cursor cursor, ReadOnlyMemory<byte> tag, bool isUid, out ImapRequest? request)
    {
        request = null;
        if (!cursor.TrySkipSpace() || !cursor.TryReadSequenceSet(out var messages) || !cursor.TrySkipSpace())
            return RequestFault.BadArguments;
        var mode = cursor.TrySkip('+') ? StoreMode.Add : cursor.TrySkip('-') ? StoreMode.Remove : StoreMode.Replace;
        if (!cursor.TrySkipWord("FLAGS"u8))
            return RequestFault.BadArguments;
        var silent = cursor.TrySkipWord(".SILENT"u8);
        if (!cursor.TrySkipSpace())
            return RequestFault.BadArguments;
        var isRead = cursor.Next == (byte)'(' ? FlagReader.TryReadList(ref cursor, out var flags) : FlagReader.TryReadFlags(ref cursor, out flags);
        return isRead ? Done(new ImapRequest.Store(tag, isUid, messages, mode, silent, flags), out request) : RequestFault.BadArguments;
    }

    private static RequestFault ReadSearch(ref Cursor cursor, ReadOnlyMemory<byte> tag, out ImapRequest? request) =>
        ReadSearch(ref cursor, tag, isUid: false, out request);

    private static RequestFault ReadSearch(ref Cursor cursor, ReadOnlyMemory<byte> tag, bool isUid, out ImapRequest? request)
    {
        request = null;
        if (!cursor.TrySkipSpace())
            return RequestFault.BadArguments;
        var fault = SearchReader.Read(ref cursor, out var term);
        return fault == RequestFault.None ? Done(new ImapRequest.Search(tag, isUid, term), out request) : fault;
    }

    private static RequestFault ReadCopy(ref Cursor cursor, ReadOnlyMemory<byte> tag, out ImapRequest? request) =>
        ReadCopy(ref cursor, tag, isUid: false, isMove: false, out request);

    private static RequestFault ReadMove(ref Cursor cursor, ReadOnlyMemory<byte> tag, out ImapRequest? request) =>
        ReadCopy(ref cursor, tag, isUid: false, isMove: true, out request);

    /// <summary><c>copy = "COPY" SP sequence-set SP mailbox</c>, MOVE alike (RFC 6851 §5).</summary>
    private static RequestFault ReadCopy(ref Cursor cursor, ReadOnlyMemory<byte> tag, bool isUid, bool isMove, out ImapRequest? request)
    {
        request = null;
        return cursor.TrySkipSpace() && cursor.TryReadSequenceSet(out var messages) && cursor.TrySkipSpace() && cursor.TryReadAString(out var mailbox)
            ? Done(new ImapRequest.Copy(tag, isUid, isMove, messages, mailbox), out request)
            : RequestFault.BadArguments;
    }

    private static RequestFault ReadExpunge(ref Cursor cursor, ReadOnlyMemory<byte> tag, out ImapRequest? request) =>
        Done(new ImapRequest.Expunge(tag, Uids: null), out request);
}
