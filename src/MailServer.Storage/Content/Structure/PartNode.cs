namespace MailServer.Storage;

/// <summary>A part while the message is read; offsets are those of the message with CRLF line ends.</summary>
internal sealed class PartNode
{
    public required PartKind Kind { get; init; }

    public required string Type { get; init; }

    public required string Subtype { get; init; }

    public required HeaderFields Fields { get; init; }

    public required long HeaderStart { get; init; }

    public required long BodyStart { get; set; }

    /// <summary>Line ends before the body, for the difference at its end.</summary>
    public required long LinesBefore { get; init; }

    public long End { get; set; }

    public long Lines { get; set; }

    public List<PartNode> Children { get; } = [];

    public PartNode? Message { get; set; }

    public long BodyLength => End - BodyStart;

    public MessagePart ToPart() => new()
    {
        HeaderStart = HeaderStart,
        HeaderLength = BodyStart - HeaderStart,
        BodyStart = BodyStart,
        BodyLength = BodyLength,
        IsMultipart = Kind == PartKind.Multipart,
        Children = Children.ConvertAll(child => child.ToPart()),
        Message = Message?.ToPart(),
    };
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
