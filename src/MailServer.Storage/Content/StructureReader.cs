using System.Diagnostics.CodeAnalysis;

namespace MailServer.Storage;

/// <summary>
/// Reads ENVELOPE, BODY, BODYSTRUCTURE and the places of the parts in one pass over a message, without holding it. Gives an answer for every
/// message, however broken: a client that asks for many must not go without because of one.
/// </summary>
internal static class StructureReader
{
    /// <summary>Reads a message, and the header fields that are kept with its structure. Throws nothing but what the stream throws.</summary>
    /// <param name="lfStream">The message as it is stored; stays open.</param>
    /// <param name="crlfSize">Its size with CRLF line ends: no place lies behind it.</param>
    public static (MessageStructure Structure, byte[]? Fields) ReadWithFields(Stream lfStream, long crlfSize)
    {
        var header = SearchHeader.Read(lfStream, out var whole);
        return (Read(whole, crlfSize), header.IsCut ? null : KeptFields.From(header));
    }

    /// <summary>Reads a message. Throws nothing but what the stream throws.</summary>
    /// <param name="lfStream">The message as it is stored; stays open.</param>
    /// <param name="crlfSize">Its size with CRLF line ends: no place lies behind it.</param>
    public static MessageStructure Read(Stream lfStream, long crlfSize)
    {
        using var feed = new MimeFeed(lfStream);
        var walker = new StructureWalker(feed);
        Walk(walker);
        walker.Close(crlfSize);

        // Without a root the parser gave up within the first header: then there is nothing else.
        var root = walker.Root ?? new PartNode
        {
            Kind = PartKind.Leaf,
            Type = "text",
            Subtype = "plain",
            Fields = walker.Fields,
            HeaderStart = 0,
            BodyStart = crlfSize,
            LinesBefore = 0,
            End = crlfSize,
        };

        return new MessageStructure
        {
            Envelope = StructureWriter.Envelope(root.Fields),
            BodyStructure = StructureWriter.Body(root, isExtended: true),
            Body = StructureWriter.Body(root, isExtended: false),
            Root = root.ToPart(),
        };
    }

    [SuppressMessage("Design", "CA1031:Do not catch general exception types", Justification = "A fault of the parser costs the rest of one message's structure, not the session; what was read until then is kept.")]
    private static void Walk(StructureWalker walker)
    {
        try
        {
            walker.ReadMessage();
        }
        catch (Exception problem) when (problem is not (IOException or ObjectDisposedException))
        {
            // The tree as far as it came is the answer.
        }
    }
}
