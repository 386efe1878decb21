using System.Buffers;
using System.Text;
using MailServer.Wire.Smtp;

namespace MailServer.Wire.Tests.Smtp;

public sealed class DataEncoderTests
{
    [Theory]
    [InlineData("", ".\r\n")]
    [InlineData("a", "a\r\n.\r\n")]
    [InlineData("a\r\n", "a\r\n.\r\n")]
    [InlineData("a\n\nb\n", "a\r\n\r\nb\r\n.\r\n")]
    [InlineData(".", "..\r\n.\r\n")]
    [InlineData(".\n.\r\n..\n", "..\r\n..\r\n...\r\n.\r\n")]
    [InlineData("a\n.\nMAIL", "a\r\n..\r\nMAIL\r\n.\r\n")]
    [InlineData("a\r.\rb", "a . b\r\n.\r\n")]
    [InlineData("a\r\r\n.\r", "a \r\n.. \r\n.\r\n")]
    [InlineData("a\r\n\0.\r\nb", "a\r\n .\r\nb\r\n.\r\n")]
    [InlineData("a\r\n.\0\r\nb", "a\r\n.. \r\nb\r\n.\r\n")]
    public void A_message_has_one_end(string message, string expected)
    {
        Assert.Equal(expected, Encode(message, message.Length + 1));
        Assert.Equal(expected, Encode(message, 1));
        Assert.Equal(expected, Encode(message, 2));
    }

    [Fact]
    public void What_is_encoded_is_decoded_to_the_same_wherever_it_is_cut()
    {
        var seed = Random.Shared.Next();
        var random = new Random(seed);
        for (var round = 0; round < 2000; round++)
        {
            var text = string.Concat(Enumerable.Range(0, random.Next(40)).Select(_ => ((string[])["\r\n", "\n", "\r", ".", "a", "\0", "..", "b c"])[random.Next(8)]));
            var sent = Encoding.Latin1.GetBytes(Encode(text, random.Next(1, 8)));
            var decoder = new DataDecoder();
            var output = new ArrayBufferWriter<byte>();
            Assert.Equal(sent.Length, decoder.Decode(sent, output));
            Assert.True(decoder.IsEnded && decoder.Fault == DataFault.None, $"seed {seed}, round {round}");
            var wanted = text.Replace("\r\n", "\n", StringComparison.Ordinal).Replace('\r', ' ').Replace('\0', ' ').Replace("\n", "\r\n", StringComparison.Ordinal);
            if (wanted.Length > 0 && !wanted.EndsWith('\n'))
                wanted += "\r\n";
            Assert.Equal(wanted, Encoding.Latin1.GetString(output.WrittenSpan));
        }
    }

    [Theory]
    [InlineData("250 Ok", 250, false, "Ok")]
    [InlineData("250-Ok", 250, true, "Ok")]
    [InlineData("250", 250, false, "")]
    [InlineData("250 ", 250, false, "")]
    [InlineData("25", 0, false, null)]
    [InlineData("2500", 0, false, null)]
    [InlineData("150 x", 0, false, null)]
    [InlineData("650 x", 0, false, null)]
    [InlineData("2x0 x", 0, false, null)]
    [InlineData("250\tx", 0, false, null)]
    [InlineData("", 0, false, null)]
    public void Reads_a_reply_line(string line, int code, bool isMore, string? text)
    {
        Assert.Equal(text is not null, ReplyLine.TryRead(Encoding.ASCII.GetBytes(line), out var reply));
        Assert.Equal((code, isMore, text ?? ""), (reply.Code, reply.IsMore, Encoding.ASCII.GetString(reply.Text)));
    }

    [Theory]
    [InlineData(550, "5.1.1 x", 1, 1, 5)]
    [InlineData(550, "5.123.999", 123, 999, 9)]
    [InlineData(450, "5.1.1 x", -1, 0, 0)]
    [InlineData(550, "5.1.1x", -1, 0, 0)]
    [InlineData(550, "5.1234.1 x", -1, 0, 0)]
    [InlineData(550, "5..1 x", -1, 0, 0)]
    [InlineData(550, "5.1", -1, 0, 0)]
    [InlineData(550, "5.1. ", -1, 0, 0)]
    [InlineData(550, "", -1, 0, 0)]
    public void Reads_an_enhanced_status(int code, string text, int subject, int detail, int length)
    {
        var isThere = ReplyLine.TryReadStatus(code, Encoding.ASCII.GetBytes(text), out var gotSubject, out var gotDetail, out var gotLength);
        Assert.Equal(subject >= 0, isThere);
        if (isThere)
            Assert.Equal((subject, detail, length), (gotSubject, gotDetail, gotLength));
    }

    private static string Encode(string text, int piece)
    {
        var encoder = new DataEncoder();
        var output = new ArrayBufferWriter<byte>();
        foreach (var octets in Encoding.Latin1.GetBytes(text).Chunk(piece))
            encoder.Encode(octets, output);
        encoder.End(output);
        return Encoding.Latin1.GetString(output.WrittenSpan);
    }
}
