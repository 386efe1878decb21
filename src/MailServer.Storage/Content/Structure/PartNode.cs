namespace MailServer.Storage;

/// <summary>A part while the message is read; offsets are those of the message with CRLF line ends.</summary>
internal sealed class PartNode
{
    public required PartKind Kind { get; init; }

    public required string Type { get; init; }

    public required string Subtype { get; init; }

    public required HeaderFields Fields { get; init; }

    public required long HeaderStart { get; set; }

    public required long BodyStart { get; set; }

    /// <summary>Line ends before the body, for the difference at its end.</summary>
    public required long LinesBefore { get; init; }

    public long End { get; set; }

    public long Lines { get; set; }

    public List<PartNode> Children { get; } = [];

    public PartNode? Message { get; set; }

    public long BodyLength => End - BodyStart;

    /// <summary>Whether IMAP shows it as a message: what we could not look into (encoded against RFC 2046 §5.2.1, too deep) as an empty one.</summary>
    public bool IsMessage => Kind != PartKind.Multipart && Type.Equals("message", StringComparison.OrdinalIgnoreCase)
        && (Subtype.Equals("rfc822", StringComparison.OrdinalIgnoreCase) || Subtype.Equals("global", StringComparison.OrdinalIgnoreCase));

    public MessagePart ToPart() => new()
    {
        HeaderStart = HeaderStart,
        HeaderLength = BodyStart - HeaderStart,
        BodyStart = BodyStart,
        BodyLength = BodyLength,
        IsMultipart = Kind == PartKind.Multipart,
        Children = Kind == PartKind.Multipart && Children.Count == 0 ? [Empty(End)] : Children.ConvertAll(child => child.ToPart()),
        Message = Message?.ToPart() ?? (IsMessage ? Empty(BodyStart) : null),
    };

    // BODYSTRUCTURE must show some part where there is none; it can be fetched too.
    private MessagePart Empty(long start) => new() { HeaderStart = start, HeaderLength = End - start, BodyStart = End, BodyLength = 0 };
}

/// <summary>What a part may hold.</summary>
internal enum PartKind
{
    /// <summary>Octets.</summary>
    Leaf,

    /// <summary>Parts.</summary>
    Multipart,

    /// <summary>A message.</summary>
    Message,
}
