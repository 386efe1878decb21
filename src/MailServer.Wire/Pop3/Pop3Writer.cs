using System.Buffers;
using System.Buffers.Text;
using System.Text;

namespace MailServer.Wire.Pop3;

/// <summary>Writes responses: a status indicator, text, and for some an end mark (RFC 1939 §3). Texts are US-ASCII without line ends.</summary>
public static class Pop3Writer
{
    /// <summary>The end of a multi-line response.</summary>
    public static ReadOnlySpan<byte> End => ".\r\n"u8;

    /// <summary><c>+OK text</c>.</summary>
    public static void Ok(IBufferWriter<byte> output, ReadOnlySpan<byte> text)
    {
        output.Write("+OK "u8);
        output.Write(text);
        output.Write("\r\n"u8);
    }

    /// <summary><c>-ERR text</c>.</summary>
    public static void Err(IBufferWriter<byte> output, ReadOnlySpan<byte> text)
    {
        output.Write("-ERR "u8);
        output.Write(text);
        output.Write("\r\n"u8);
    }

    /// <summary><c>-ERR text</c>, whatever the text is: what is not printable US-ASCII becomes a question mark, so that it stays one line.</summary>
    public static void Err(IBufferWriter<byte> output, string text)
    {
        ArgumentNullException.ThrowIfNull(output);
        ArgumentNullException.ThrowIfNull(text);
        output.Write("-ERR "u8);
        var span = output.GetSpan(text.Length);
        for (var i = 0; i < text.Length; i++)
            span[i] = text[i] is >= ' ' and <= '~' ? (byte)text[i] : (byte)'?';
        output.Advance(text.Length);
        output.Write("\r\n"u8);
    }

    /// <summary>A line of its own.</summary>
    public static void Line(IBufferWriter<byte> output, ReadOnlySpan<byte> text)
    {
        output.Write(text);
        output.Write("\r\n"u8);
    }

    /// <summary><c>msg octets</c>, the scan listing of RFC 1939 §5; also the drop listing, count and octets.</summary>
    public static void Listing(IBufferWriter<byte> output, long first, long second)
    {
        Number(output, first);
        output.Write(" "u8);
        Number(output, second);
        output.Write("\r\n"u8);
    }

    /// <summary><c>msg unique-id</c>, the unique-id listing of RFC 1939 §7.</summary>
    public static void UniqueId(IBufferWriter<byte> output, int message, string id)
    {
        ArgumentNullException.ThrowIfNull(output);
        ArgumentNullException.ThrowIfNull(id);
        Number(output, message);
        output.Write(" "u8);
        output.Advance(Encoding.ASCII.GetBytes(id, output.GetSpan(id.Length)));
        output.Write("\r\n"u8);
    }

    /// <summary><c>+OK first number rest</c>.</summary>
    public static void Ok(IBufferWriter<byte> output, long number, ReadOnlySpan<byte> rest)
    {
        output.Write("+OK "u8);
        Number(output, number);
        output.Write(rest);
        output.Write("\r\n"u8);
    }

    /// <summary>A number in digits.</summary>
    public static void Number(IBufferWriter<byte> output, long number)
    {
        ArgumentNullException.ThrowIfNull(output);
        Utf8Formatter.TryFormat(number, output.GetSpan(20), out var written);
        output.Advance(written);
    }
}
