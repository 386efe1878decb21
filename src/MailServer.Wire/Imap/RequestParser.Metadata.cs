using System.Text;

namespace MailServer.Wire.Imap;

/// <content>GETMETADATA and SETMETADATA (RFC 5464 §5).</content>
public static partial class RequestParser
{
    /// <summary>
    /// <c>getmetadata = "GETMETADATA" [SP options] SP mailbox [SP options] SP entries</c>: the grammar has the options before the mailbox, the examples of
    /// §4.2.1 have them behind it.
    /// </summary>
    private static RequestFault ReadGetMetadata(ref Cursor cursor, ReadOnlyMemory<byte> tag, out ImapRequest? request)
    {
        request = null;
        var get = new ImapRequest.GetMetadata(tag, default, []);
        if (!cursor.TrySkipSpace() || (cursor.Next == (byte)'(' && !(TryReadMetadataOptions(ref cursor, ref get) && cursor.TrySkipSpace())))
            return RequestFault.BadArguments;
        if (!cursor.TryReadAString(out var mailbox) || !cursor.TrySkipSpace())
            return RequestFault.BadArguments;
        if (IsMetadataOption(cursor) && !(TryReadMetadataOptions(ref cursor, ref get) && cursor.TrySkipSpace()))
            return RequestFault.BadArguments;
        var fault = ReadEntries(ref cursor, out var entries);
        return fault == RequestFault.None ? Done(get with { Mailbox = mailbox, Entries = entries }, out request) : fault;
    }

    // Names of entries begin with a slash.
    private static bool IsMetadataOption(Cursor cursor) =>
        cursor.TrySkip('(') && (cursor.TrySkipWord("MAXSIZE "u8) || cursor.TrySkipWord("DEPTH "u8));

    /// <summary><c>"(" option *(SP option) ")"</c> with <c>option = "MAXSIZE" SP number / "DEPTH" SP ("0" / "1" / "infinity")</c>.</summary>
    private static bool TryReadMetadataOptions(ref Cursor cursor, ref ImapRequest.GetMetadata get)
    {
        if (!cursor.TrySkip('('))
            return false;
        do
        {
            if (cursor.TrySkipWord("MAXSIZE "u8) && cursor.TryReadNumber(out var size))
                get = get with { MaxSize = size };
            else if (cursor.TrySkipWord("DEPTH 0"u8))
                get = get with { Depth = 0 };
            else if (cursor.TrySkipWord("DEPTH 1"u8))
                get = get with { Depth = 1 };
            else if (cursor.TrySkipWord("DEPTH infinity"u8))
                get = get with { Depth = int.MaxValue };
            else
                return false;
        }
        while (cursor.TrySkipSpace());

        return cursor.TrySkip(')');
    }

    /// <summary><c>entries = entry / "(" entry *(SP entry) ")"</c>.</summary>
    private static RequestFault ReadEntries(ref Cursor cursor, out IReadOnlyList<string> entries)
    {
        var list = new List<string>();
        entries = list;
        var isMany = cursor.TrySkip('(');
        do
        {
            if (list.Count == GrammarLimits.MetadataEntries)
                return RequestFault.TooMany;
            if (!TryReadEntry(ref cursor, out var entry))
                return RequestFault.BadArguments;
            list.Add(entry);
        }
        while (isMany && cursor.TrySkipSpace());

        return !isMany || cursor.TrySkip(')') ? RequestFault.None : RequestFault.BadArguments;
    }

    /// <summary><c>setmetadata = "SETMETADATA" SP mailbox SP "(" entry SP value *(SP entry SP value) ")"</c>.</summary>
    private static RequestFault ReadSetMetadata(ref Cursor cursor, ReadOnlyMemory<byte> tag, out ImapRequest? request)
    {
        request = null;
        var entries = new List<(string Name, ReadOnlyMemory<byte>? Value)>();
        if (!cursor.TrySkipSpace() || !cursor.TryReadAString(out var mailbox) || !cursor.TrySkipSpace() || !cursor.TrySkip('('))
            return RequestFault.BadArguments;
        do
        {
            if (entries.Count == GrammarLimits.MetadataEntries)
                return RequestFault.TooMany;
            if (!TryReadEntry(ref cursor, out var entry) || !cursor.TrySkipSpace() || !cursor.TryReadValue(out var value))
                return RequestFault.BadArguments;
            entries.Add((entry, value));
        }
        while (cursor.TrySkipSpace());

        return cursor.TrySkip(')') ? Done(new ImapRequest.SetMetadata(tag, mailbox, entries), out request) : RequestFault.BadArguments;
    }

    /// <summary>
    /// <c>entry = astring</c>: slash-separated, two components at least, in <c>/private</c> or <c>/shared</c>; no <c>*</c>, no <c>%</c>, nothing but
    /// printable US-ASCII (§3.2). Case means nothing: it reads as lower case.
    /// </summary>
    private static bool TryReadEntry(ref Cursor cursor, out string entry)
    {
        entry = "";
        if (!cursor.TryReadAString(out var text) || text.Length > GrammarLimits.MetadataNameOctets || text.Span.ContainsAnyExceptInRange((byte)'!', (byte)'~')
            || text.Span.ContainsAny((byte)'*', (byte)'%'))
            return false;
        entry = Encoding.ASCII.GetString(text.Span).ToLowerInvariant();
        return (entry.StartsWith("/private/", StringComparison.Ordinal) || entry.StartsWith("/shared/", StringComparison.Ordinal))
            && !entry.Contains("//", StringComparison.Ordinal) && !entry.EndsWith('/');
    }
}
