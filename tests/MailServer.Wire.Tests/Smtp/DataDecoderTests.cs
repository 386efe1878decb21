using System.Buffers;
using System.Text;
using MailServer.Wire.Smtp;

namespace MailServer.Wire.Tests.Smtp;

public sealed class DataDecoderTests
{
    [Theory]
    [InlineData(".\r\n", "")]
    [InlineData("\r\n.\r\n", "\r\n")]
    [InlineData("a\r\n.\r\n", "a\r\n")]
    [InlineData("a\r\nb\r\n.\r\n", "a\r\nb\r\n")]
    [InlineData("..\r\n.\r\n", ".\r\n")]
    [InlineData("...\r\n.\r\n", "..\r\n")]
    [InlineData(".a\r\n.\r\n", "a\r\n")]
    [InlineData("a\r\n..b\r\n...\r\n.\r\n", "a\r\n.b\r\n..\r\n")]
    [InlineData("a.\r\n.\r\n", "a.\r\n")]
    [InlineData("\r\n\r\n..\r\n\r\n.\r\n", "\r\n\r\n.\r\n\r\n")]
    [InlineData("\0\x80ÿ\r\n.\r\n", "\0\x80ÿ\r\n")]
    public void Removes_the_dots(string input, string message)
    {
        var result = Decode(Encoding.Latin1.GetBytes(input), 0, []);
        Assert.Equal((message, DataFault.None, true, input.Length), result);
    }

    [Theory]
    [InlineData("a\n.\nb\r\n.\r\n", DataFault.BareLineFeed)]
    [InlineData("a\r.\rb\r\n.\r\n", DataFault.BareCarriageReturn)]
    [InlineData("a\r.\nb\r\n.\r\n", DataFault.BareCarriageReturn)]
    [InlineData("a\n.\rb\r\n.\r\n", DataFault.BareLineFeed)]
    [InlineData("a\n.\r\nb\r\n.\r\n", DataFault.BareLineFeed)]
    [InlineData("a\r\n.\nb\r\n.\r\n", DataFault.BareLineFeed)]
    [InlineData("a\r.\r\nb\r\n.\r\n", DataFault.BareCarriageReturn)]
    [InlineData("a\r\n.\rb\r\n.\r\n", DataFault.BareCarriageReturn)]
    [InlineData("a\r\n.\r\r\nb\r\n.\r\n", DataFault.BareCarriageReturn)]
    [InlineData("a\r\r\n.\r\n", DataFault.BareCarriageReturn)]
    [InlineData("a\n\r\n.\r\n", DataFault.BareLineFeed)]
    [InlineData("\n.\r\nb\r\n.\r\n", DataFault.BareLineFeed)]
    [InlineData("\r\rb\r\n.\r\n", DataFault.BareCarriageReturn)]
    [InlineData("a\r\n\0.\r\nb\r\n.\r\n", DataFault.None)]
    [InlineData("a\r\n.\0\r\nb\r\n.\r\n", DataFault.None)]
    public void Only_CRLF_dot_CRLF_ends_a_message(string input, DataFault fault)
    {
        // Whatever false end there is, the one end is the last five octets.
        var octets = Encoding.Latin1.GetBytes(input + "MAIL FROM:<x@y>\r\n");
        var decoder = new DataDecoder();
        Assert.Equal(input.Length, decoder.Decode(octets, null));
        Assert.True(decoder.IsEnded);
        Assert.Equal(fault, decoder.Fault);
    }

    [Theory]
    [InlineData(10, "12345678\r\n.\r\n", DataFault.None)]
    [InlineData(10, "123456789\r\n.\r\n", DataFault.LineTooLong)]
    [InlineData(10, ".12345678\r\n.\r\n", DataFault.None)]
    [InlineData(10, "..1234567\r\n.\r\n", DataFault.None)]
    [InlineData(10, "a\r\nb\r\nc\r\nd\r\n.\r\n", DataFault.None)]
    [InlineData(10, "12345678901\n\r\n.\r\n", DataFault.LineTooLong)]
    [InlineData(10, "1234567890\n\r\n.\r\n", DataFault.BareLineFeed)]
    public void A_line_has_a_limit(int limit, string input, DataFault fault)
    {
        var result = Decode(Encoding.Latin1.GetBytes(input), limit, []);
        Assert.Equal((fault, true, input.Length), (result.Fault, result.IsEnded, result.Consumed));
    }

    [Fact]
    public void The_end_mark_may_be_split_anywhere()
    {
        var input = "Subject: x\r\n\r\n..dot\r\n.\r\n"u8.ToArray();
        for (var first = 0; first <= input.Length; first++)
            for (var second = first; second <= input.Length; second++)
                Assert.Equal(("Subject: x\r\n\r\n.dot\r\n", DataFault.None, true, input.Length), Decode(input, 0, [first, second]));
    }

    [Fact]
    public void Any_split_gives_the_same_result()
    {
        var seed = Environment.TickCount;
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed}");
        var random = new Random(seed);
        for (var round = 0; round < 3000; round++)
        {
            var input = new byte[random.Next(1, 60)];
            for (var i = 0; i < input.Length; i++)
                input[i] = "\r\n.a\0"u8[random.Next(5)];
            if (random.Next(2) == 0)
                input = [.. Encoding.Latin1.GetBytes(Encoding.Latin1.GetString(input).Replace("\r", "\r\n").Replace("\n\n", "\n")), .. "\r\n.\r\n"u8];
            var limit = random.Next(3) == 0 ? 12 : 0;
            var whole = Decode(input, limit, []);
            int[] cuts = [.. Enumerable.Range(0, random.Next(1, 8)).Select(_ => random.Next(input.Length + 1)).Order()];
            var split = Decode(input, limit, cuts);
            Assert.Equal(whole.Fault, split.Fault);
            Assert.Equal((whole.IsEnded, whole.Consumed), (split.IsEnded, split.Consumed));
            if (whole.Fault == DataFault.None)
                Assert.Equal(whole.Message, split.Message);
            if (whole.IsEnded)
                Assert.True(input.AsSpan(0, whole.Consumed).EndsWith("\r\n.\r\n"u8) || whole.Consumed == 3, $"seed {seed} round {round}");
        }
    }

    [Fact]
    public void A_plain_reading_of_the_RFC_gives_the_same_message()
    {
        var seed = Environment.TickCount;
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed}");
        var random = new Random(seed);
        for (var round = 0; round < 500; round++)
        {
            var lines = Enumerable.Range(0, random.Next(20)).Select(_ => new string([.. Enumerable.Range(0, random.Next(6)).Select(_ => ".ab"[random.Next(3)])])).ToArray();
            var message = string.Concat(lines.Select(line => line + "\r\n"));
            var stuffed = string.Concat(lines.Select(line => (line.StartsWith('.') ? "." : "") + line + "\r\n")) + ".\r\n";
            Assert.Equal((message, DataFault.None, true, stuffed.Length), Decode(Encoding.ASCII.GetBytes(stuffed), 0, [random.Next(stuffed.Length)]));
        }
    }

    [Fact]
    public void Nothing_is_given_out_after_a_fault()
    {
        var output = new ArrayBufferWriter<byte>();
        var decoder = new DataDecoder();
        decoder.Decode("good\r\n"u8, output);
        decoder.Decode("bad\n"u8, output);
        decoder.Decode("more\r\n.\r\n"u8, output);
        Assert.Equal("good\r\n"u8, output.WrittenSpan);
        Assert.True(decoder.IsEnded);
    }

    private static (string Message, DataFault Fault, bool IsEnded, int Consumed) Decode(byte[] input, int limit, int[] cuts)
    {
        var output = new ArrayBufferWriter<byte>();
        var decoder = new DataDecoder(limit);
        var (at, consumed) = (0, 0);
        foreach (var cut in cuts.Append(input.Length))
        {
            if (decoder.IsEnded)
                break;
            var used = decoder.Decode(input.AsSpan(at..cut), output);
            consumed += used;
            Assert.True(decoder.IsEnded || used == cut - at);
            at = cut;
        }

        if (decoder.Fault == DataFault.None)
            Assert.Equal(output.WrittenCount, decoder.Length);
        return (Encoding.Latin1.GetString(output.WrittenSpan), decoder.Fault, decoder.IsEnded, consumed);
    }
}
