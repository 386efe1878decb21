using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace MailServer.Wire.Imap;

/// <summary>Turns a whole request into its value. Never throws, whatever the octets are.</summary>
public static partial class RequestParser
{
    private delegate RequestFault Arguments(ref Cursor cursor, ReadOnlyMemory<byte> tag, out ImapRequest? request);

    private static readonly (byte[] Name, Arguments Read)[] Commands =
    [
        // The most frequent first.
        ("UID"u8.ToArray(), ReadUid),
        ("FETCH"u8.ToArray(), ReadFetch),
        ("STORE"u8.ToArray(), ReadStore),
        ("NOOP"u8.ToArray(), Simple(SimpleCommand.Noop)),
        ("IDLE"u8.ToArray(), Simple(SimpleCommand.Idle)),
        ("SELECT"u8.ToArray(), (ref cursor, tag, out request) => ReadSelect(ref cursor, tag, examine: false, out request)),
        ("EXAMINE"u8.ToArray(), (ref cursor, tag, out request) => ReadSelect(ref cursor, tag, examine: true, out request)),
        ("STATUS"u8.ToArray(), ReadStatus),
        ("SEARCH"u8.ToArray(), ReadSearch),
        ("SORT"u8.ToArray(), ReadSort),
        ("THREAD"u8.ToArray(), ReadThread),
        ("LIST"u8.ToArray(), ReadList),
        ("LSUB"u8.ToArray(), ReadLsub),
        ("COPY"u8.ToArray(), ReadCopy),
        ("MOVE"u8.ToArray(), ReadMove),
        ("EXPUNGE"u8.ToArray(), ReadExpunge),
        ("CAPABILITY"u8.ToArray(), Simple(SimpleCommand.Capability)),
        ("LOGIN"u8.ToArray(), ReadLogin),
        ("AUTHENTICATE"u8.ToArray(), ReadAuthenticate),
        ("STARTTLS"u8.ToArray(), Simple(SimpleCommand.StartTls)),
        ("LOGOUT"u8.ToArray(), Simple(SimpleCommand.Logout)),
        ("NAMESPACE"u8.ToArray(), Simple(SimpleCommand.Namespace)),
        ("CHECK"u8.ToArray(), Simple(SimpleCommand.Check)),
        ("CLOSE"u8.ToArray(), Simple(SimpleCommand.Close)),
        ("UNSELECT"u8.ToArray(), Simple(SimpleCommand.Unselect)),
        ("UNAUTHENTICATE"u8.ToArray(), Simple(SimpleCommand.Unauthenticate)),
        ("GETQUOTAROOT"u8.ToArray(), OnMailbox(MailboxCommand.GetQuotaRoot)),
        ("GETQUOTA"u8.ToArray(), OnMailbox(MailboxCommand.GetQuota)),
        ("ESEARCH"u8.ToArray(), ReadMultiSearch),
        ("CANCELUPDATE"u8.ToArray(), ReadCancelUpdate),
        ("ID"u8.ToArray(), ReadId),
        ("ENABLE"u8.ToArray(), ReadEnable),
        ("COMPRESS"u8.ToArray(), ReadCompress),
        ("CREATE"u8.ToArray(), ReadCreate),
        ("GETMETADATA"u8.ToArray(), ReadGetMetadata),
        ("SETMETADATA"u8.ToArray(), ReadSetMetadata),
        ("RENAME"u8.ToArray(), ReadRename),
        ("DELETE"u8.ToArray(), OnMailbox(MailboxCommand.Delete)),
        ("SUBSCRIBE"u8.ToArray(), OnMailbox(MailboxCommand.Subscribe)),
        ("UNSUBSCRIBE"u8.ToArray(), OnMailbox(MailboxCommand.Unsubscribe)),
    ];

    /// <summary>Reads <c>command = tag SP command-name [SP arguments]</c>. When it returns a fault, there is no request.</summary>
    public static RequestFault Parse(ReadOnlyMemory<byte> octets, out ImapRequest? request)
    {
        request = null;
        var cursor = new Cursor(octets);
        if (!cursor.TryReadTag(out var tag) || !cursor.TrySkipSpace())
            return RequestFault.BadTag;
        if (!cursor.TryReadAtom(out var name))
            return RequestFault.UnknownCommand;

        // They get here only without a literal of their own: put together of URLs, or wrong.
        if (AppendRequest.Begins(name.Span, cursor.Rest))
            return AppendRequest.TryRead(octets, AppendState.Start, out var append) && append.IsLast
                ? Done(new ImapRequest.Append(tag), out request)
                : RequestFault.BadArguments;

        foreach (var command in Commands)
            if (Ascii.EqualsIgnoreCase(command.Name, name.Span))
                return ReadToEnd(command.Read, ref cursor, tag, out request);

        return RequestFault.UnknownCommand;
    }

    /// <summary>Reads the tag of a line that may be no command; false when there is none.</summary>
    public static bool TryReadTag(ReadOnlySpan<byte> line, out ReadOnlySpan<byte> tag)
    {
        tag = default;
        var cursor = new Cursor(line[..Math.Min(line.Length, GrammarLimits.TagOctets + 1)].ToArray());
        if (!cursor.TryReadTag(out var read) || cursor.Next != (byte)' ')
            return false;
        tag = line[..read.Length];
        return true;
    }

    private static RequestFault ReadToEnd(Arguments read, ref Cursor cursor, ReadOnlyMemory<byte> tag, out ImapRequest? request)
    {
        var fault = read(ref cursor, tag, out request);
        if (fault == RequestFault.None && !IsAtEnd(ref cursor))
            fault = RequestFault.BadArguments;
        if (fault != RequestFault.None)
            request = null;
        return fault;
    }

    // Some clients end a line with a blank; nothing can be meant by it.
    private static bool IsAtEnd(ref Cursor cursor)
    {
        cursor.TrySkipSpace();
        return cursor.IsAtEnd;
    }

    private static Arguments Simple(SimpleCommand command) => (ref cursor, tag, out request) =>
    {
        request = new ImapRequest.Simple(tag, command);
        return RequestFault.None;
    };

    private static RequestFault Done(ImapRequest value, [NotNull] out ImapRequest? request)
    {
        request = value;
        return RequestFault.None;
    }
}
