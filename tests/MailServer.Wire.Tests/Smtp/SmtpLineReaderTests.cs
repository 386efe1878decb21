using System.Buffers;
using System.Text;
using MailServer.Wire.Smtp;

namespace MailServer.Wire.Tests.Smtp;

public sealed class SmtpLineReaderTests
{
    [Theory]
    [InlineData("NOOP\r\n", "NOOP")]
    [InlineData("NOOP\r\nQUIT\r\nRS", "NOOP|QUIT")]
    [InlineData("\r\n", "")]
    [InlineData("NOOP\nQUIT\r\nRSET\r\n", "!bare|RSET")]
    [InlineData("NOOP\rQUIT\r\nRSET\r\n", "!bare|RSET")]
    [InlineData("NOOP\r\r\nRSET\r\n", "!bare|RSET")]
    [InlineData("\nRSET\r\nRSET\r\n", "!bare|RSET")]
    [InlineData("12345678901234567890\r\nRSET\r\n", "!long|RSET")]
    [InlineData("12345678\r\n", "12345678")]
    [InlineData("123456789\r\n", "!long")]
    [InlineData("12345678\n1234567890\r\nRSET\r\n", "!bare|RSET")]
    [InlineData("1234567890\n\r\nRSET\r\n", "!long|RSET")]
    [InlineData("NOOP\n", "!bare")]
    [InlineData("NOOP\r", "")]
    public void Only_CRLF_ends_a_line(string input, string lines)
    {
        var octets = Encoding.Latin1.GetBytes(input);
        Assert.Equal(lines.Length > 0 || input == "\r\n" ? lines.Split('|') : [], Read(octets, []));
        Assert.Equal(lines.Length > 0 || input == "\r\n" ? lines.Split('|') : [], Read(octets, [.. Enumerable.Range(0, octets.Length)]));
    }

    [Fact]
    public void Any_split_gives_the_same_lines()
    {
        var seed = Environment.TickCount;
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed}");
        var random = new Random(seed);
        for (var round = 0; round < 3000; round++)
        {
            var input = new byte[random.Next(1, 60)];
            for (var i = 0; i < input.Length; i++)
                input[i] = "\r\naaa"u8[random.Next(5)];
            input = [.. Encoding.Latin1.GetBytes(Encoding.Latin1.GetString(input).Replace("aa", "\r\n")), .. "\r\nQUIT\r\n"u8];
            int[] cuts = [.. Enumerable.Range(0, random.Next(1, 8)).Select(_ => random.Next(input.Length + 1)).Order()];
            Assert.Equal(Read(input, []), Read(input, cuts));
            Assert.Equal("QUIT", Read(input, cuts)[^1]);
        }
    }

    [Fact]
    public void A_line_without_an_end_is_given_up()
    {
        var reader = new SmtpLineReader();
        var block = new ReadOnlySequence<byte>(new byte[4096]);
        var first = block;
        Assert.Equal(SmtpLineKind.TooLong, reader.Read(ref first, 512, out _));
        Assert.True(first.IsEmpty);
        for (var i = 0; i < 100; i++)
        {
            var next = block;
            if (reader.Read(ref next, 512, out _) == SmtpLineKind.Endless)
                return;
        }

        Assert.Fail("never given up");
    }

    /// <summary>Feeds the input cut in pieces, each piece with what the reader left before, in as many segments.</summary>
    private static string[] Read(byte[] input, int[] cuts)
    {
        var reader = new SmtpLineReader();
        var lines = new List<string>();
        var pieces = new List<byte[]>();
        var at = 0;
        foreach (var cut in cuts.Append(input.Length))
        {
            pieces.Add(input[at..cut]);
            at = cut;
            var buffer = Segment.Chain(pieces);
            while (reader.Read(ref buffer, 10, out var line) is var kind and not SmtpLineKind.None)
                lines.Add(kind switch
                {
                    SmtpLineKind.Line => Encoding.Latin1.GetString(line.ToArray()),
                    SmtpLineKind.TooLong => "!long",
                    _ => "!bare",
                });
            pieces = [];
            foreach (var rest in buffer)
                pieces.Add(rest.ToArray());
        }

        return [.. lines];
    }

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        private Segment(byte[] octets, long index) => (Memory, RunningIndex) = (octets, index);

        public static ReadOnlySequence<byte> Chain(IEnumerable<byte[]> pieces)
        {
            Segment? first = null, last = null;
            foreach (var piece in pieces)
            {
                var next = new Segment(piece, last is null ? 0 : last.RunningIndex + last.Memory.Length);
                first ??= next;
                last?.Next = next;
                last = next;
            }

            return first is null ? default : new(first, 0, last!, last!.Memory.Length);
        }
    }
}
