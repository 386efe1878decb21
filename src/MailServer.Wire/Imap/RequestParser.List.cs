namespace MailServer.Wire.Imap;

/// <content>LIST and LSUB.</content>
public static partial class RequestParser
{
    /// <summary><c>lsub = "LSUB" SP mailbox SP list-mailbox</c>.</summary>
    private static RequestFault ReadLsub(ref Cursor cursor, ReadOnlyMemory<byte> tag, out ImapRequest? request)
    {
        request = null;
        return cursor.TrySkipSpace() && cursor.TryReadAString(out var reference) && cursor.TrySkipSpace() && cursor.TryReadListMailbox(out var pattern)
            ? Done(new ImapRequest.Lsub(tag, reference, pattern), out request)
            : RequestFault.BadArguments;
    }

    /// <summary><c>list = "LIST" [SP list-select-opts] SP mailbox SP mbox-or-pat [SP list-return-opts]</c> (RFC 5258 §6).</summary>
    private static RequestFault ReadList(ref Cursor cursor, ReadOnlyMemory<byte> tag, out ImapRequest? request)
    {
        request = null;
        var options = ListOptions.None;
        if (!cursor.TrySkipSpace())
            return RequestFault.BadArguments;
        var isExtended = cursor.Next == (byte)'(';
        if (isExtended && !(TryReadSelection(ref cursor, ref options) && cursor.TrySkipSpace()))
            return RequestFault.BadArguments;
        if (!cursor.TryReadAString(out var reference) || !cursor.TrySkipSpace())
            return RequestFault.BadArguments;

        isExtended |= cursor.Next == (byte)'(';
        var fault = ReadPatterns(ref cursor, out var patterns);
        if (fault != RequestFault.None)
            return fault;

        IReadOnlyList<StatusItem> status = [];
        IReadOnlyList<string> metadata = [];
        if (cursor.TrySkipWord(" RETURN "u8))
        {
            isExtended = true;
            fault = ReadReturn(ref cursor, ref options, out status, out metadata);
            if (fault != RequestFault.None)
                return fault;
        }

        return Done(new ImapRequest.List(tag, reference, patterns) { IsExtended = isExtended, Options = options, StatusItems = status, MetadataEntries = metadata }, out request);
    }

    /// <summary><c>list-select-opts = "(" [list-select-opt *(SP list-select-opt)] ")"</c>; RECURSIVEMATCH needs SUBSCRIBED beside it.</summary>
    private static bool TryReadSelection(ref Cursor cursor, ref ListOptions options)
    {
        if (!cursor.TrySkip('('))
            return false;
        while (!cursor.TrySkip(')'))
        {
            if (cursor.TrySkipWord("SUBSCRIBED"u8))
                options |= ListOptions.SelectSubscribed;
            else if (cursor.TrySkipWord("REMOTE"u8))
                options |= ListOptions.SelectRemote;
            else if (cursor.TrySkipWord("RECURSIVEMATCH"u8))
                options |= ListOptions.SelectRecursive;
            else if (cursor.TrySkipWord("SPECIAL-USE"u8))
                options |= ListOptions.SelectSpecialUse;
            else
                return false;
            if (!cursor.TrySkipSpace() && cursor.Next != (byte)')')
                return false;
        }

        return (options & (ListOptions.SelectRecursive | ListOptions.SelectSubscribed)) != ListOptions.SelectRecursive;
    }

    /// <summary><c>mbox-or-pat = list-mailbox / "(" list-mailbox *(SP list-mailbox) ")"</c>.</summary>
    private static RequestFault ReadPatterns(ref Cursor cursor, out IReadOnlyList<ReadOnlyMemory<byte>> patterns)
    {
        var list = new List<ReadOnlyMemory<byte>>(1);
        patterns = list;
        var isList = cursor.TrySkip('(');
        do
        {
            if (list.Count == GrammarLimits.Names)
                return RequestFault.TooMany;
            if (!cursor.TryReadListMailbox(out var pattern))
                return RequestFault.BadArguments;
            list.Add(pattern);
        }
        while (isList && cursor.TrySkipSpace());

        return !isList || cursor.TrySkip(')') ? RequestFault.None : RequestFault.BadArguments;
    }

    /// <summary><c>list-return-opts = "RETURN" SP "(" [return-option *(SP return-option)] ")"</c>, with STATUS of RFC 5819 and METADATA of RFC 9590.</summary>
    private static RequestFault ReadReturn(ref Cursor cursor, ref ListOptions options, out IReadOnlyList<StatusItem> status, out IReadOnlyList<string> metadata)
    {
        (status, metadata) = ([], []);
        if (!cursor.TrySkip('('))
            return RequestFault.BadArguments;
        while (!cursor.TrySkip(')'))
        {
            if (cursor.TrySkipWord("SUBSCRIBED"u8))
                options |= ListOptions.ReturnSubscribed;
            else if (cursor.TrySkipWord("CHILDREN"u8))
                options |= ListOptions.ReturnChildren;
            else if (cursor.TrySkipWord("SPECIAL-USE"u8))
                options |= ListOptions.ReturnSpecialUse;
            else if (cursor.TrySkipWord("METADATA "u8))
            {
                if (ReadEntries(ref cursor, out metadata) is var wrong and not RequestFault.None)
                    return wrong;
            }
            else if (!cursor.TrySkipWord("STATUS "u8))
            {
                return RequestFault.BadArguments;
            }
            else if (ReadStatusItems(ref cursor, out status) is var fault and not RequestFault.None)
            {
                return fault;
            }

            if (!cursor.TrySkipSpace() && cursor.Next != (byte)')')
                return RequestFault.BadArguments;
        }

        return RequestFault.None;
    }
}
