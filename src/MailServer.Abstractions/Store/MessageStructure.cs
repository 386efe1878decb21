namespace MailServer;

/// <summary>How a message is built. The texts are ready to send (RFC 9051 §7.5.2); they hold no bare octet above 127 but in quoted strings or literals.</summary>
public sealed class MessageStructure
{
    /// <summary>The parenthesised list of ENVELOPE.</summary>
    public required ReadOnlyMemory<byte> Envelope { get; init; }

    /// <summary>The list of BODYSTRUCTURE, with extension data.</summary>
    public required ReadOnlyMemory<byte> BodyStructure { get; init; }

    /// <summary>The list of BODY, without extension data.</summary>
    public required ReadOnlyMemory<byte> Body { get; init; }

    /// <summary>Where the parts are; the root is the message itself.</summary>
    public required MessagePart Root { get; init; }
}

/// <summary>Where a part lies within the message, in octets with CRLF line ends.</summary>
public sealed class MessagePart
{
    /// <summary>Where its header begins: the message's own for the root and for an embedded message, else the MIME header.</summary>
    public required long HeaderStart { get; init; }

    /// <summary>The header's length, with the empty line that ends it.</summary>
    public required long HeaderLength { get; init; }

    /// <summary>Where its body begins.</summary>
    public required long BodyStart { get; init; }

    /// <summary>The body's length, still encoded.</summary>
    public required long BodyLength { get; init; }

    /// <summary>The parts of a multipart, first is 1; empty for any other.</summary>
    public IReadOnlyList<MessagePart> Children { get; init; } = [];

    /// <summary>Whether this is a multipart (an empty one too).</summary>
    public bool IsMultipart { get; init; }

    /// <summary>The message within a message/rfc822 or message/global part: its root. Null for any other.</summary>
    public MessagePart? Message { get; init; }
}
