using System.Buffers;
using System.Text;
using MailServer.Wire.Pop3;

namespace MailServer.Wire.Tests.Pop3;

public sealed class MessageEncoderTests
{
    [Theory]
    [InlineData("", ".\r\n")]
    [InlineData("a: b\r\n\r\nbody\r\n", "a: b\r\n\r\nbody\r\n.\r\n")]
    [InlineData("no end", "no end\r\n.\r\n")]
    [InlineData(".\r\n", "..\r\n.\r\n")]
    [InlineData(".", "..\r\n.\r\n")]
    [InlineData("a\r\n.b\r\n..c\r\n", "a\r\n..b\r\n...c\r\n.\r\n")]
    [InlineData("a.\r\n.", "a.\r\n..\r\n.\r\n")]
    [InlineData("a\r.b\r\n", "a\r.b\r\n.\r\n")]
    public void Stuffs_dots_and_ends(string message, string sent) => AssertEncodes(message, -1, sent);

    [Theory]
    [InlineData("a: b\r\n\r\none\r\ntwo\r\nthree\r\n", 0, "a: b\r\n\r\n.\r\n")]
    [InlineData("a: b\r\n\r\none\r\ntwo\r\nthree\r\n", 1, "a: b\r\n\r\none\r\n.\r\n")]
    [InlineData("a: b\r\n\r\none\r\ntwo\r\nthree\r\n", 3, "a: b\r\n\r\none\r\ntwo\r\nthree\r\n.\r\n")]
    [InlineData("a: b\r\n\r\none\r\ntwo\r\nthree\r\n", int.MaxValue, "a: b\r\n\r\none\r\ntwo\r\nthree\r\n.\r\n")]
    [InlineData("a: b\r\n\r\n\r\n.\r\nthree\r\n", 2, "a: b\r\n\r\n\r\n..\r\n.\r\n")]
    [InlineData("a: b\r\n\r\nno end", 5, "a: b\r\n\r\nno end\r\n.\r\n")]
    [InlineData("header only\r\n", 0, "header only\r\n.\r\n")]
    [InlineData("\r\nbody\r\n", 0, "\r\n.\r\n")]
    [InlineData("a: b\r\n \r\nc: d\r\n\r\nbody\r\n", 0, "a: b\r\n \r\nc: d\r\n\r\n.\r\n")]
    public void TOP_gives_the_header_and_some_lines(string message, int lines, string sent) => AssertEncodes(message, lines, sent);

    private static void AssertEncodes(string message, int lines, string sent)
    {
        var octets = Encoding.Latin1.GetBytes(message);
        for (var size = 1; size <= octets.Length + 1; size++)
        {
            var encoder = new MessageEncoder(lines);
            var output = new ArrayBufferWriter<byte>();
            for (var at = 0; at < octets.Length; at += size)
                encoder.Write(octets.AsSpan(at, Math.Min(size, octets.Length - at)), output);
            encoder.Finish(output);
            Assert.Equal(sent, Encoding.Latin1.GetString(output.WrittenSpan));
        }
    }
}
