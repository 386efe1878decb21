using System.Text;
using MailServer.Wire.Imap;

namespace MailServer.Wire.Tests.Imap;

/// <summary>Requests out of octets: the same for any split.</summary>
public sealed class RequestReaderTests(ITestOutputHelper output)
{
    private static readonly string[] Conversations =
    [
        "a NOOP\r\nb NOOP\r\n",
        "a LOGIN {5}\r\nalice {3+}\r\nabc\r\nb NOOP\r\n",
        "a LOGIN {0}\r\n {0+}\r\n\r\n",
        "a SELECT {2000}\r\nb SELECT {2000+}\r\n" + new string('x', 2000) + "{5+}\r\n12345\r\nc NOOP\r\n",
        "a " + new string('x', 34_000) + "\r\nb NOOP\r\n",
        "a " + new string('x', 34_000) + " {7+}\r\nb NO\r\n OP\r\nc NOOP\r\n",
        "a APPEND INBOX {4}\r\nmail\r\nb APPEND INBOX (\\Seen) \" 1-Jan-2020 00:00:00 +0000\" {4+}\r\nmail\r\nc NOOP\r\n",
        "a APPEND {5+}\r\nINBOX (\"{3}\r\nb APPEND x {3}\r\nabc\r\n",
        "a NO\nOP\r\nb \rNOOP\r\n\r\n\n\r\n",
        "a X {99999999999999999999999}\r\nb X {9+}\r\n123456789{5+}\r\n12345\r\nc X {+}\r\nd X {1a}\r\n",
        string.Concat(Enumerable.Range(0, 9).Select(i => $" {{1000+}}\r\n{new string('y', 1000)}").Prepend("a S")) + "\r\nb NOOP\r\n",
        string.Concat(Enumerable.Range(0, 50).Select(i => $" {{1000+}}\r\n{new string('y', 1000)}").Prepend("a S")) + "\r\nb NOOP\r\n",
        "a X {70000+}\r\nmore\r\n",
        "a " + new string('z', 100_000) + "\r\nb NOOP\r\n",
    ];

    public static TheoryData<int> Indexes => [.. Enumerable.Range(0, Conversations.Length)];

    [Theory]
    [MemberData(nameof(Indexes))]
    public void Any_split_gives_the_same_requests(int conversation)
    {
        var octets = Encoding.Latin1.GetBytes(Conversations[conversation]);
        var whole = Play(octets, () => octets.Length);
        Assert.Equal(whole, Play(octets, () => 1));
        var seed = Random.Shared.Next();
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        for (var i = 0; i < 50; i++)
            Assert.Equal(whole, Play(octets, () => random.Next(1, 40)));
    }

    [Fact]
    public void A_request_comes_with_its_literals_and_without_its_last_CRLF() =>
        Assert.Equal("Continue 5|Request a LOGIN {5}\\r\\nalice {3+}\\r\\nabc",
            PlayOnce("a LOGIN {5}\r\nalice {3+}\r\nabc\r\n").Replace("\r\n", "\\r\\n", StringComparison.Ordinal));

    [Theory]
    [InlineData("a SELECT {1025}\r\n", "Refused a LiteralTooLong")]
    [InlineData("a SELECT {1024}\r\n", "Continue 1024")]
    [InlineData("a SELECT {1025+}\r\n", "")]
    [InlineData("a APPEND x {1025}\r\n", "Message 1025")]
    [InlineData("a APPEND x (\\Seen) {1025+}\r\n", "Message 1025")]
    [InlineData("a APPEND x y {1025}\r\n", "Refused a LiteralTooLong")]
    [InlineData("a APPEND {1}\r\nx {5}\r\n", "Continue 1|Message 5")]
    [InlineData("a FOO {5}\n", "")]
    public void Literals_are_judged_before_they_come(string octets, string expected) => Assert.Equal(expected, PlayOnce(octets));

    [Fact]
    public void A_line_may_have_exactly_the_limit()
    {
        Assert.Equal("Request a " + new string('x', 33_790), PlayOnce("a " + new string('x', 33_790) + "\r\n"));
        Assert.Equal("Refused a LineTooLong", PlayOnce("a " + new string('x', 33_791) + "\r\n"));
    }

    [Fact]
    public void A_refused_message_is_consumed_when_it_comes_all_the_same()
    {
        var reader = new RequestReader();
        Assert.Equal(RequestEvent.Message, reader.Read("a APPEND x {4+}\r\n"u8, out _));
        Assert.False(reader.Refuse());
        var rest = "b NO\r\nc NOOP\r\n"u8;
        Assert.Equal(RequestEvent.Refused, reader.Read(rest, out var consumed));
        Assert.Equal("a", Encoding.ASCII.GetString(reader.Tag.Span));
        Assert.Equal(RequestEvent.Request, reader.Read(rest[consumed..], out _));
        Assert.Equal("c NOOP", Encoding.ASCII.GetString(reader.Octets.Span));
    }

    [Fact]
    public void A_refused_message_that_waits_for_its_go_ahead_does_not_come()
    {
        var reader = new RequestReader();
        Assert.Equal(RequestEvent.Message, reader.Read("a APPEND x {4}\r\n"u8, out _));
        Assert.True(reader.Refuse());
        Assert.Equal(RequestEvent.Request, reader.Read("b NOOP\r\n"u8, out _));
    }

    [Fact]
    public void In_plain_lines_a_brace_means_nothing()
    {
        var reader = new RequestReader { IsPlainLines = true };
        Assert.Equal(RequestEvent.Request, reader.Read("abc{5}\r\n"u8, out _));
        Assert.Equal("abc{5}", Encoding.ASCII.GetString(reader.Octets.Span));
    }

    [Fact]
    public void A_line_that_has_begun_can_be_read_on_by_another_reader()
    {
        var reader = new RequestReader();
        reader.Read("a NO"u8, out _);
        Assert.False(reader.IsWithinRequest);
        var next = new RequestReader();
        next.Read(reader.Begun.Span, out _);
        Assert.Equal(RequestEvent.Request, next.Read("OP\r\n"u8, out _));
        Assert.Equal("a NOOP", Encoding.ASCII.GetString(next.Octets.Span));
    }

    [Fact]
    public void Nothing_ever_throws()
    {
        var seed = Random.Shared.Next();
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        for (var i = 0; i < 4_000; i++)
        {
            var octets = Mutator.Change(random, Encoding.Latin1.GetBytes(Conversations[random.Next(Conversations.Length)]));
            Assert.Equal(Play(octets, () => octets.Length), Play(octets, () => 7));
        }
    }

    private static string PlayOnce(string octets) => string.Join('|', Play(Encoding.Latin1.GetBytes(octets), () => octets.Length));

    /// <summary>Reads a message into memory and throws others away, as the plugin does.</summary>
    private static List<string> Play(byte[] octets, Func<int> size)
    {
        var reader = new RequestReader();
        var events = new List<string>();
        var message = 0L;
        for (var at = 0; at < octets.Length;)
        {
            var piece = octets.AsSpan(at, Math.Min(size(), octets.Length - at));
            at += piece.Length;
            while (!piece.IsEmpty)
            {
                if (message > 0)
                {
                    var take = (int)Math.Min(message, piece.Length);
                    message -= take;
                    piece = piece[take..];
                    if (message == 0)
                        reader.ResumeAfterMessage();
                    continue;
                }

                var found = reader.Read(piece, out var consumed);
                piece = piece[consumed..];
                if (found == RequestEvent.NeedMore)
                    continue;
                events.Add(found switch
                {
                    RequestEvent.Request => $"Request {Encoding.Latin1.GetString(reader.Octets.Span)}",
                    RequestEvent.Refused => $"Refused {Encoding.Latin1.GetString(reader.Tag.Span)} {reader.Fault}",
                    RequestEvent.Hopeless => "Hopeless",
                    _ => $"{found} {reader.Literal.Size}",
                });
                if (found == RequestEvent.Hopeless)
                    return events;
                if (found == RequestEvent.Message)
                {
                    message = reader.Literal.Size;
                    if (message > 100_000)
                        return events;
                    if (message == 0)
                        reader.ResumeAfterMessage();
                }
            }
        }

        return events;
    }
}
