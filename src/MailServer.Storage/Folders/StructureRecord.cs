using System.Text;

namespace MailServer.Storage;

/// <summary>
/// A structure as octets: the header fields with their length plus one (0 when there are none), the lengths of the three texts, the tree of
/// parts with its numbers in seven bits an octet, and the texts.
/// </summary>
internal static class StructureRecord
{
    private const int MultipartFlag = 1;
    private const int MessageFlag = 2;

    public static byte[] Write(MessageStructure structure, byte[]? fields)
    {
        using var memory = new MemoryStream();
        using var writer = new BinaryWriter(memory, Encoding.UTF8);
        writer.Write7BitEncodedInt(fields is null ? 0 : fields.Length + 1);
        writer.Write(fields ?? []);
        writer.Write7BitEncodedInt(structure.Envelope.Length);
        writer.Write7BitEncodedInt(structure.BodyStructure.Length);
        writer.Write7BitEncodedInt(structure.Body.Length);
        Write(writer, structure.Root);
        writer.Write(structure.Envelope.Span);
        writer.Write(structure.BodyStructure.Span);
        writer.Write(structure.Body.Span);
        writer.Flush();
        return memory.ToArray();
    }

    /// <summary>Null when it is not one, although its check sum was right.</summary>
    public static MessageStructure? Read(byte[] payload)
    {
        try
        {
            using var memory = new MemoryStream(payload);
            using var reader = new BinaryReader(memory, Encoding.UTF8);
            var fields = Math.Max(0, reader.Read7BitEncodedInt() - 1);
            memory.Position += fields;
            var (envelope, bodyStructure, body) = (reader.Read7BitEncodedInt(), reader.Read7BitEncodedInt(), reader.Read7BitEncodedInt());
            var root = ReadPart(reader, depth: 0);
            var at = (int)memory.Position;
            return new()
            {
                Envelope = payload.AsMemory(at, envelope),
                BodyStructure = payload.AsMemory(at + envelope, bodyStructure),
                Body = payload.AsMemory(at + envelope + bodyStructure, body),
                Root = root,
            };
        }
        catch (Exception failure) when (failure is EndOfStreamException or FormatException or ArgumentOutOfRangeException)
        {
            return null;
        }
    }

    /// <summary>The header fields; null when none are kept, or when it is no record although its check sum was right.</summary>
    public static byte[]? ReadFields(ReadOnlySpan<byte> payload)
    {
        var length = 0;
        for (var i = 0; i < payload.Length && i < 5; i++)
        {
            length |= (payload[i] & 0x7F) << (7 * i);
            if ((payload[i] & 0x80) == 0)
                return length >= 1 && length - 1 <= payload.Length - i - 1 ? payload.Slice(i + 1, length - 1).ToArray() : null;
        }

        return null;
    }

    private static void Write(BinaryWriter writer, MessagePart part)
    {
        writer.Write((byte)((part.IsMultipart ? MultipartFlag : 0) | (part.Message is not null ? MessageFlag : 0)));
        writer.Write7BitEncodedInt64(part.HeaderStart);
        writer.Write7BitEncodedInt64(part.HeaderLength);
        writer.Write7BitEncodedInt64(part.BodyStart);
        writer.Write7BitEncodedInt64(part.BodyLength);
        if (part.IsMultipart)
        {
            writer.Write7BitEncodedInt(part.Children.Count);
            foreach (var child in part.Children)
                Write(writer, child);
        }

        if (part.Message is not null)
            Write(writer, part.Message);
    }

    private static MessagePart ReadPart(BinaryReader reader, int depth)
    {
        // The tree that was written is no deeper; what reads deeper is no tree of ours.
        if (depth > 2 * (StructureLimits.Depth + 1))
            throw new FormatException("too deep");
        var flags = reader.ReadByte();
        var (headerStart, headerLength) = (reader.Read7BitEncodedInt64(), reader.Read7BitEncodedInt64());
        var (bodyStart, bodyLength) = (reader.Read7BitEncodedInt64(), reader.Read7BitEncodedInt64());
        List<MessagePart> children = [];
        if ((flags & MultipartFlag) != 0)
            for (var count = reader.Read7BitEncodedInt(); count > 0; count--)
                children.Add(ReadPart(reader, depth + 1));
        return new()
        {
            HeaderStart = headerStart,
            HeaderLength = headerLength,
            BodyStart = bodyStart,
            BodyLength = bodyLength,
            IsMultipart = (flags & MultipartFlag) != 0,
            Children = children,
            Message = (flags & MessageFlag) != 0 ? ReadPart(reader, depth + 1) : null,
        };
    }
}
