namespace MailServer.Wire.Imap;

/// <summary>Reads what FETCH asks for (RFC 3501 §6.4.5).</summary>
internal static class FetchReader
{
    /// <summary><c>"ALL" / "FULL" / "FAST" / fetch-att / "(" fetch-att *(SP fetch-att) ")"</c>.</summary>
    public static RequestFault Read(ref Cursor cursor, out IReadOnlyList<FetchItem> items)
    {
        var list = new List<FetchItem>(4);
        items = list;
        if (TryReadMacro(ref cursor, list))
            return RequestFault.None;
        if (!cursor.TrySkip('('))
            return ReadItem(ref cursor, list);

        do
        {
            if (list.Count == GrammarLimits.FetchItems)
                return RequestFault.TooMany;

            // Some clients send the macros within parentheses; it is unambiguous.
            if (!TryReadMacro(ref cursor, list) && ReadItem(ref cursor, list) is var fault and not RequestFault.None)
                return fault;
        }
        while (cursor.TrySkipSpace());

        return cursor.TrySkip(')') ? RequestFault.None : RequestFault.BadArguments;
    }

    private static bool TryReadMacro(ref Cursor cursor, List<FetchItem> items)
    {
        FetchItem[]? macro = null;
        if (cursor.TrySkipWord("FAST"u8))
            macro = [FetchItem.Flags, FetchItem.InternalDate, FetchItem.Rfc822Size];
        else if (cursor.TrySkipWord("ALL"u8))
            macro = [FetchItem.Flags, FetchItem.InternalDate, FetchItem.Rfc822Size, FetchItem.Envelope];
        else if (cursor.TrySkipWord("FULL"u8))
            macro = [FetchItem.Flags, FetchItem.InternalDate, FetchItem.Rfc822Size, FetchItem.Envelope, FetchItem.Body];
        if (macro is null)
            return false;
        items.AddRange(macro);
        return true;
    }

    private static RequestFault ReadItem(ref Cursor cursor, List<FetchItem> items)
    {
        if (cursor.TrySkipWord("BODY"u8))
            return ReadBody(ref cursor, items);

        if (cursor.TrySkipWord("BINARY"u8))
            return ReadBinary(ref cursor, items);

        FetchItem? item = null;
        if (cursor.TrySkipWord("FLAGS"u8))
            item = FetchItem.Flags;
        else if (cursor.TrySkipWord("UID"u8))
            item = FetchItem.Uid;
        else if (cursor.TrySkipWord("INTERNALDATE"u8))
            item = FetchItem.InternalDate;
        else if (cursor.TrySkipWord("ENVELOPE"u8))
            item = FetchItem.Envelope;
        else if (cursor.TrySkipWord("RFC822.SIZE"u8))
            item = FetchItem.Rfc822Size;
        else if (cursor.TrySkipWord("RFC822.HEADER"u8))
            item = FetchItem.Rfc822Header;
        else if (cursor.TrySkipWord("RFC822.TEXT"u8))
            item = FetchItem.Rfc822Text;
        else if (cursor.TrySkipWord("RFC822"u8))
            item = FetchItem.Rfc822;
        else if (cursor.TrySkipWord("MODSEQ"u8))
            item = FetchItem.ModSeq;
        else if (cursor.TrySkipWord("EMAILID"u8))
            item = FetchItem.EmailId;
        else if (cursor.TrySkipWord("THREADID"u8))
            item = FetchItem.ThreadId;
        else if (cursor.TrySkipWord("SAVEDATE"u8))
            item = FetchItem.SaveDate;
        else if (cursor.TrySkipWord("PREVIEW (LAZY)"u8))
            item = FetchItem.LazyPreview;
        else if (cursor.TrySkipWord("PREVIEW"u8))
            item = FetchItem.Preview;
        return item is null ? RequestFault.BadArguments : Add(ref cursor, items, item);
    }

    private static RequestFault ReadBody(ref Cursor cursor, List<FetchItem> items)
    {
        if (cursor.TrySkipWord("STRUCTURE"u8))
            return Add(ref cursor, items, FetchItem.BodyStructure);
        var peek = cursor.TrySkipWord(".PEEK"u8);
        if (cursor.Next != (byte)'[')
            return peek ? RequestFault.BadArguments : Add(ref cursor, items, FetchItem.Body);

        var fault = SectionReader.Read(ref cursor, out var section);
        if (fault != RequestFault.None)
            return fault;
        PartialRange? partial = null;
        if (cursor.Next == (byte)'<' && !TryReadPartial(ref cursor, out partial))
            return RequestFault.BadArguments;
        return Add(ref cursor, items, new(FetchName.BodySection, section, peek, partial));
    }

    /// <summary><c>"BINARY" [".PEEK"] section-binary [partial] / "BINARY.SIZE" section-binary</c> (RFC 3516 §7).</summary>
    private static RequestFault ReadBinary(ref Cursor cursor, List<FetchItem> items)
    {
        var isSize = cursor.TrySkipWord(".SIZE"u8);
        var peek = isSize || cursor.TrySkipWord(".PEEK"u8);
        var fault = SectionReader.Read(ref cursor, out var section);
        if (fault != RequestFault.None)
            return fault;
        PartialRange? partial = null;
        if (section.Text != SectionText.All || (!isSize && cursor.Next == (byte)'<' && !TryReadPartial(ref cursor, out partial)))
            return RequestFault.BadArguments;
        return Add(ref cursor, items, new(isSize ? FetchName.BinarySize : FetchName.Binary, section, peek, partial));
    }

    // An item ends where a list or line does: FLAGSX is no item.
    private static RequestFault Add(ref Cursor cursor, List<FetchItem> items, FetchItem item)
    {
        if (cursor.Next is not (0 or (byte)' ' or (byte)')'))
            return RequestFault.BadArguments;
        items.Add(item);
        return RequestFault.None;
    }

    /// <summary><c>partial = "&lt;" number64 "." nz-number64 "&gt;"</c>.</summary>
    private static bool TryReadPartial(ref Cursor cursor, out PartialRange? partial)
    {
        partial = null;
        if (!cursor.TrySkip('<') || !cursor.TryReadNumber64(out var offset) || !cursor.TrySkip('.')
            || !cursor.TryReadNumber64(out var length) || length == 0 || !cursor.TrySkip('>'))
            return false;
        partial = new(offset, length);
        return true;
    }
}
