using System.Text;
using MailServer.Wire.Imap;
using MimeKit.Utils;

namespace MailServer.Storage;

/// <summary>Reads what messages are sorted and threaded by out of a header.</summary>
internal static class HeadingReader
{
    public static MessageHeading Read(SearchHeader header)
    {
        var references = MessageIds(header.First("references"), StructureLimits.References);
        return new()
        {
            Subject = header.First("subject") is { } subject ? SearchHeader.Decode(subject.Span) : "",
            Date = header.First("date") is { } date && DateUtils.TryParse(date.ToArray(), out var sent) ? sent : null,
            From = AddressIn(header.First("from")),
            To = AddressIn(header.First("to")),
            Cc = AddressIn(header.First("cc")),
            MessageId = MessageIds(header.First("message-id"), 1) is [var id, ..] ? id : null,
            References = references.Count > 0 ? references : MessageIds(header.First("in-reply-to"), 1),
        };
    }

    // As ENVELOPE shows it: both are to agree (RFC 5256 §3).
    private static HeadingAddress AddressIn(ReadOnlyMemory<byte>? field)
    {
        if (field is not { } value)
            return HeadingAddress.None;
        var list = new ImapText();
        AddressWriter.Write(HeaderFields.Unfold(value.Span, StructureLimits.HeaderOctets), list);
        if (!EnvelopeAddress.TryReadFirst(list.ToArray(), out var address))
            return HeadingAddress.None;
        var mailbox = TextOf(address.Mailbox);
        var name = address.Name is { } raw ? SearchHeader.Decode(raw.Span) : "";
        return new(mailbox, name.Length > 0 ? name : address.Host is null ? mailbox : $"{mailbox}@{TextOf(address.Host)}");
    }

    private static string TextOf(ReadOnlyMemory<byte>? octets) => octets is { } text ? Encoding.UTF8.GetString(text.Span) : "";

    /// <summary>
    /// The <c>msg-id</c>s of a field (RFC 5322 §3.6.4), without brackets; quotes and white space that mean nothing go, so that two ways to write
    /// an id are one (RFC 5256 §3). The last ones of too many: the nearest are the best.
    /// </summary>
    private static List<string> MessageIds(ReadOnlyMemory<byte>? field, int most)
    {
        var ids = new List<string>();
        if (field is not { } value)
            return ids;
        var text = Encoding.Latin1.GetString(value.Span);
        for (var at = text.IndexOf('<', StringComparison.Ordinal); at >= 0; at = text.IndexOf('<', at))
        {
            if (ReadId(text, ref at) is { } id)
                ids.Add(id);
            if (at >= text.Length)
                break;
        }

        if (ids.Count > most)
            ids = most == 1 ? ids[..1] : ids[^most..];
        return ids;
    }

    private static string? ReadId(string text, ref int at)
    {
        var id = new StringBuilder();
        var (isQuoted, isValid) = (false, false);
        for (at++; at < text.Length; at++)
        {
            var c = text[at];
            if (c == '"')
            {
                isQuoted = !isQuoted;
            }
            else if (!isQuoted && c == '>')
            {
                at++;
                return isValid && id[^1] != '@' ? id.ToString() : null;
            }
            else if (!isQuoted && c == '<')
            {
                return null;
            }
            else if (isQuoted || c is not (' ' or '\t' or '\r' or '\n'))
            {
                isValid |= !isQuoted && c == '@' && id.Length > 0;
                id.Append(isQuoted && c == '\\' && at + 1 < text.Length ? text[++at] : c);
            }
        }

        return null;
    }
}
