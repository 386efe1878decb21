namespace MailServer.Plugins.AuthPasswordFile;

/// <summary>Cuts a file's bytes into lines. Line ends stay with their lines, so that the lines together are the file, byte for byte.</summary>
internal static class FileLines
{
    private static ReadOnlySpan<byte> ByteOrderMark => [0xEF, 0xBB, 0xBF];

    public static List<ReadOnlyMemory<byte>> Split(ReadOnlyMemory<byte> bytes)
    {
        var lines = new List<ReadOnlyMemory<byte>>();
        while (!bytes.IsEmpty)
        {
            var end = bytes.Span.IndexOf((byte)'\n');
            var length = end < 0 ? bytes.Length : end + 1;
            lines.Add(bytes[..length]);
            bytes = bytes[length..];
        }

        return lines;
    }

    /// <summary>The line without its end (LF or CRLF), and without the mark that some editors put on top of a file.</summary>
    public static ReadOnlySpan<byte> TextOf(ReadOnlyMemory<byte> line)
    {
        var text = line.Span;
        if (text.StartsWith(ByteOrderMark))
            text = text[ByteOrderMark.Length..];
        return text[..(text.Length - EndOf(line).Length)];
    }

    /// <summary>The line's end: LF, CRLF or nothing.</summary>
    public static ReadOnlySpan<byte> EndOf(ReadOnlyMemory<byte> line)
    {
        var text = line.Span;
        if (text.EndsWith("\r\n"u8))
            return "\r\n"u8;
        return text.EndsWith("\n"u8) ? "\n"u8 : [];
    }
}
