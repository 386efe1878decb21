using System.Buffers;
using System.Globalization;
using System.Text;

namespace MailServer.Plugins.Smtp;

/// <summary><c>Reply-line = *( Reply-code "-" [ textstring ] CRLF ) Reply-code [ SP textstring ] CRLF</c> (RFC 5321 §4.2).</summary>
internal static class ReplyWriter
{
    // RFC 5321 §4.5.3.1.5: 512 octets with code and CRLF; the enhanced code takes its part.
    private const int MaxText = 480;

    public static void Write(IBufferWriter<byte> output, Reply reply)
    {
        foreach (var line in reply.Before)
            Write(output, reply, line, '-');
        Write(output, reply, reply.Text, ' ');
    }

    private static void Write(IBufferWriter<byte> output, Reply reply, string text, char separator)
    {
        var status = reply.Status is { } code ? $"{code} " : "";
        Span<byte> line = stackalloc byte[512];
        Encoding.ASCII.TryGetBytes(string.Create(CultureInfo.InvariantCulture, $"{reply.Code}{separator}{status}"), line, out var length);
        foreach (var c in text.AsSpan(0, Math.Min(text.Length, MaxText)))
            line[length++] = c is >= ' ' and <= '~' ? (byte)c : (byte)'?';
        "\r\n"u8.CopyTo(line[length..]);
        output.Write(line[..(length + 2)]);
    }
}
