using MimeKit;

namespace MailServer.Storage;

/// <summary>The fields of one header that ENVELOPE and BODYSTRUCTURE show, unfolded, without NUL, cut to their limit.</summary>
internal sealed class HeaderFields
{
    // Addresses are many and cheap to skip over; they get what their number may need.
    private const int AddressOctets = StructureLimits.Addresses * 100;

    private readonly Dictionary<HeaderId, byte[]> _values = [];

    /// <summary>The field's value, or null when the header has none such.</summary>
    public byte[]? this[HeaderId id] => _values.GetValueOrDefault(id);

    /// <summary>Takes a field up: of several the first counts, address fields add up (RFC 7103 §7.5).</summary>
    public void Add(Header header)
    {
        switch (header.Id)
        {
            case HeaderId.From or HeaderId.Sender or HeaderId.ReplyTo or HeaderId.To or HeaderId.Cc or HeaderId.Bcc:
                var value = Unfold(header.RawValue, AddressOctets);
                _values[header.Id] = _values.TryGetValue(header.Id, out var former) && former.Length < AddressOctets
                    ? [.. former, (byte)',', .. value]
                    : former ?? value;
                break;

            case HeaderId.Date or HeaderId.Subject or HeaderId.InReplyTo or HeaderId.MessageId
                or HeaderId.ContentType or HeaderId.ContentTransferEncoding or HeaderId.ContentId or HeaderId.ContentDescription
                or HeaderId.ContentMd5 or HeaderId.ContentDisposition or HeaderId.ContentLanguage or HeaderId.ContentLocation:
                if (!_values.ContainsKey(header.Id))
                    _values[header.Id] = Unfold(header.RawValue, StructureLimits.TextOctets);
                break;
        }
    }

    /// <summary>Takes out line ends (RFC 5322 §2.2.3) and NUL, which no IMAP string may hold, and white space around.</summary>
    internal static byte[] Unfold(ReadOnlySpan<byte> raw, int limit)
    {
        raw = raw.Trim(" \t\r\n"u8);
        raw = raw[..Math.Min(raw.Length, limit)];
        if (!raw.ContainsAny((byte)'\r', (byte)'\n', (byte)0))
            return raw.ToArray();

        var clean = new byte[raw.Length];
        var length = 0;
        foreach (var octet in raw)
            if (octet is not ((byte)'\r' or (byte)'\n' or 0))
                clean[length++] = octet;
        return clean[..length];
    }
}
