namespace MailServer.Wire.Imap;

/// <summary>What of a part a section names.</summary>
public enum SectionText
{
    /// <summary>All of it.</summary>
    All,
    /// <summary>HEADER: of the message, or of the message that the part holds.</summary>
    Header,
    /// <summary>HEADER.FIELDS.</summary>
    HeaderFields,
    /// <summary>HEADER.FIELDS.NOT.</summary>
    HeaderFieldsNot,
    /// <summary>TEXT: the body of the message, or of the message that the part holds.</summary>
    Text,
    /// <summary>MIME: the part's own header.</summary>
    Mime,
}

/// <summary><c>section = "[" [section-spec] "]"</c> (RFC 9051 §6.4.5.1).</summary>
/// <param name="Part">The part's numbers, from 1; empty for the message.</param>
/// <param name="Text">What of it.</param>
/// <param name="Fields">The field names of HEADER.FIELDS, as sent.</param>
public sealed record BodySection(IReadOnlyList<uint> Part, SectionText Text, IReadOnlyList<ReadOnlyMemory<byte>> Fields)
{
    /// <summary>The whole message: <c>BODY[]</c>.</summary>
    public static BodySection Whole { get; } = new([], SectionText.All, []);

    /// <summary>The message's header.</summary>
    public static BodySection MessageHeader { get; } = new([], SectionText.Header, []);

    /// <summary>The message's body.</summary>
    public static BodySection MessageText { get; } = new([], SectionText.Text, []);
}
