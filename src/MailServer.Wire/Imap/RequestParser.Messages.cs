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
        if (Ascii.EqualsIgnoreCase(verb, "SORT"u8))
            return ReadSort(ref cursor, tag, isUid: true, out request);
        if (Ascii.EqualsIgnoreCase(verb, "THREAD"u8))
            return ReadThread(ref cursor, tag, isUid: true, out request);
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

    /// <summary><c>fetch = "FETCH" SP sequence-set SP (macro / fetch-att / list) [SP "(" fetch-modifier *(SP fetch-modifier) ")"]</c> (RFC 4466 §2.2).</summary>
    private static RequestFault ReadFetch(ref Cursor cursor, ReadOnlyMemory<byte> tag, bool isUid, out ImapRequest? request)
    {
        request = null;
        if (!cursor.TrySkipSpace() || !cursor.TryReadSequenceSet(out var messages) || !cursor.TrySkipSpace())
            return RequestFault.BadArguments;
        var fault = FetchReader.Read(ref cursor, out var items);
        if (fault != RequestFault.None)
            return fault;
        var fetch = new ImapRequest.Fetch(tag, isUid, messages, items);
        return TryReadModifiers(ref cursor, ref fetch) ? Done(fetch, out request) : RequestFault.BadArguments;
    }

    /// <summary>
    /// <c>fetch-modifier = "CHANGEDSINCE" SP mod-sequence-value / "VANISHED" / "PARTIAL" SP partial-range</c>. VANISHED is for UID FETCH with
    /// CHANGEDSINCE alone (RFC 7162 §3.2.6), PARTIAL for UID FETCH alone (RFC 9394 §3.2).
    /// </summary>
    private static bool TryReadModifiers(ref Cursor cursor, ref ImapRequest.Fetch fetch)
    {
        if (!cursor.TrySkipWord(" ("u8))
            return true;
        do
        {
            if (cursor.TrySkipWord("CHANGEDSINCE "u8) && cursor.TryReadModSeq(out var modSeq))
                fetch = fetch with { ChangedSince = modSeq };
            else if (cursor.TrySkipWord("VANISHED"u8))
                fetch = fetch with { IsVanished = true };
            else if (cursor.TrySkipWord("PARTIAL "u8) && ResultRange.TryRead(ref cursor, out var range))
                fetch = fetch with { Partial = range };
            else
                return false;
        }
        while (cursor.TrySkipSpace());

        return cursor.TrySkip(')') && (!fetch.IsVanished || (fetch.IsUid && fetch.ChangedSince is not null)) && (fetch.Partial is null || fetch.IsUid);
    }

    private static RequestFault ReadStore(ref Cursor cursor, ReadOnlyMemory<byte> tag, out ImapRequest? request) =>
        ReadStore(ref cursor, tag, isUid: false, out request);

    /// <summary>
    /// <c>store = "STORE" SP sequence-set [SP "(" "UNCHANGEDSINCE" SP mod-sequence-valzer ")"] SP (["+" / "-"] "FLAGS" [".SILENT"]) SP
    /// (flag-list / (flag *(SP flag)))</c> (RFC 7162 §7).
    /// </summary>
    private static RequestFault ReadStore(ref Cursor cursor, ReadOnlyMemory<byte> tag, bool isUid, out ImapRequest? request)
    {
        request = null;
        if (!cursor.TrySkipSpace() || !cursor.TryReadSequenceSet(out var messages) || !cursor.TrySkipSpace())
            return RequestFault.BadArguments;
        ulong? unchangedSince = null;
        if (cursor.TrySkip('('))
        {
            if (!cursor.TrySkipWord("UNCHANGEDSINCE "u8) || !cursor.TryReadModSeq(out var modSeq) || !cursor.TrySkipWord(") "u8))
                return RequestFault.BadArguments;
            unchangedSince = modSeq;
        }

        var mode = cursor.TrySkip('+') ? StoreMode.Add : cursor.TrySkip('-') ? StoreMode.Remove : StoreMode.Replace;
        if (!cursor.TrySkipWord("FLAGS"u8))
            return RequestFault.BadArguments;
        var silent = cursor.TrySkipWord(".SILENT"u8);
        if (!cursor.TrySkipSpace())
            return RequestFault.BadArguments;
        var isRead = cursor.Next == (byte)'(' ? FlagReader.TryReadList(ref cursor, out var flags) : FlagReader.TryReadFlags(ref cursor, out flags);
        var store = new ImapRequest.Store(tag, isUid, messages, mode, silent, flags) { UnchangedSince = unchangedSince };
        return isRead ? Done(store, out request) : RequestFault.BadArguments;
    }

    private static RequestFault ReadSearch(ref Cursor cursor, ReadOnlyMemory<byte> tag, out ImapRequest? request) =>
        ReadSearch(ref cursor, tag, isUid: false, out request);

    /// <summary><c>search = "SEARCH" [SP "RETURN" SP search-return-opts] SP search-program</c> (RFC 4466 §2.6).</summary>
    private static RequestFault ReadSearch(ref Cursor cursor, ReadOnlyMemory<byte> tag, bool isUid, out ImapRequest? request)
    {
        request = null;
        if (!cursor.TrySkipSpace())
            return RequestFault.BadArguments;
        SearchReturn? options = null;
        if (cursor.TrySkipWord("RETURN "u8) && !(SearchReturn.TryRead(ref cursor, out options) && cursor.TrySkipSpace()))
            return RequestFault.BadArguments;
        var reader = new SearchReader();
        var fault = reader.Read(ref cursor, out var term);
        if (fault != RequestFault.None)
            return fault;
        return DoneSearch(reader.Request(tag, isUid, term) with { Return = options }, out request);
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
