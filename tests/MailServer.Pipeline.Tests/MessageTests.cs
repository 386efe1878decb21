using System.Text;

namespace MailServer.Pipeline.Tests;

/// <summary>The message as filters and rules see it: decoded, bounded, and never throwing.</summary>
public sealed class MessageTests
{
    // header | name | values, each on one line
    private static readonly (string Header, string Name, string[] Values)[] Fields =
    [
        ("Subject: hello", "subject", ["hello"]),
        ("Subject:hello", "SUBJECT", ["hello"]),
        ("Subject: one\n two\n\tthree", "Subject", ["one two three"]),
        ("Subject: =?utf-8?q?K=C3=B6ln?= =?utf-8?b?w6k=?=", "Subject", ["Kölné"]),
        ("Subject: =?iso-2022-jp?b?GyRCTWg9NSROTT1EahsoQg==?=", "Subject", ["来週の予定"]),
        ("Subject: =?utf-8?q?a=0D=0ABcc:_x?=", "Subject", ["aBcc: x"]),
        ("Subject: =?no-such-charset?q?abc?=", "Subject", ["abc"]),
        ("Subject: raw é", "Subject", ["raw é"]),
        ("A: 1\nB: 2\na: 3", "A", ["1", "3"]),
        ("Subject", "Subject", []),
        (": no name\nSubject: x", "Subject", ["x"]),
        ("Bad Name: y\nSubject: x", "Bad Name", []),
        ("From someone Mon Nov 23\nSubject: x", "Subject", ["x"]),
        ("Subject : x", "Subject", ["x"]),
        ("\n\nSubject: in the body", "Subject", []),
        ("X: 1\n\nSubject: in the body", "Subject", []),
        ("Subject:", "Subject", [""]),
        ("Sübject: x", "Sübject", []),
    ];

    [Fact]
    public async Task Fields_are_unfolded_and_decoded()
    {
        List<string> wrong = [];
        foreach (var (header, name, values) in Fields)
        {
            var block = await HeaderBlock.ReadAsync(Stream(header), default);
            List<string> found = [];
            if (Ascii.IsValid(name))
                HeaderDecoder.AddValues(block, Encoding.ASCII.GetBytes(name), found);
            if (!values.SequenceEqual(found))
                wrong.Add($"{header}: {string.Join('|', found)}");
        }

        Assert.Empty(wrong);
    }

    [Theory]
    [InlineData("From: Alice <alice@example.org>", "Alice <alice@example.org>")]
    [InlineData("From: =?utf-8?q?Zo=C3=AB?= <zoe@EXAMPLE.net>", "Zoë <zoe@EXAMPLE.net>")]
    [InlineData("From: \"a, b\" <c@d.example>, e@f.example", "a, b <c@d.example>; e@f.example")]
    [InlineData("From: friends: a@b.example, c@d.example;, e@f.example", "a@b.example; c@d.example; e@f.example")]
    [InlineData("From: a@b.example\nFrom: c@d.example", "a@b.example; c@d.example")]
    [InlineData("From: =?utf-8?q?boss=40work.example?= <evil@bad.example>", "boss@work.example <evil@bad.example>")]
    [InlineData("From: <>", "")]
    [InlineData("From:", "")]
    public async Task Addresses_are_read(string header, string expected)
    {
        var block = await HeaderBlock.ReadAsync(Stream(header), default);
        Assert.Equal(expected, string.Join("; ", HeaderDecoder.Addresses(block, "from")));
    }

    [Fact]
    public async Task A_list_of_many_addresses_is_cut()
    {
        var block = await HeaderBlock.ReadAsync(Stream("To: " + string.Join(",", Enumerable.Range(0, 5000).Select(i => $"u{i}@x.example"))), default);
        Assert.Equal(HeaderDecoder.MaxPeople, HeaderDecoder.Addresses(block, "To").Count);
    }

    [Theory]
    [InlineData(100_000)]
    [InlineData(1_000_000)]
    public async Task A_header_without_end_is_read_to_its_limit(int fields)
    {
        var text = string.Concat(Enumerable.Range(0, fields).Select(i => $"X-{i}: y\n"));
        var block = await HeaderBlock.ReadAsync(Stream(text), default);
        Assert.InRange(block.Fields.Sum(field => (long)field.Length), 1, HeaderBlock.MaxOctets);
        Assert.Equal(1, block.Count("x-7"u8));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(100_000)]
    public async Task Any_split_of_the_file_reads_the_same(int piece)
    {
        var text = "A: 1\n two\nB: 2\n" + new string('C', 5000) + ": 3\n\nbody\n\nmore\n";
        var block = await HeaderBlock.ReadAsync(new Trickle(Encoding.ASCII.GetBytes(text), piece), default);
        Assert.Equal(3, block.Fields.Count);
        Assert.Equal(" 1\n two\n", Encoding.ASCII.GetString(block.ValueOctets(block.Fields[0])));
    }

    [Fact]
    public void Parts_are_listed_with_their_names()
    {
        const string Text = """
            MIME-Version: 1.0
            Content-Type: multipart/mixed; boundary="a"

            --a
            Content-Type: multipart/alternative; boundary="b"

            --b
            Content-Type: text/plain

            x
            --b
            Content-Type: text/html; charset=utf-8

            x
            --b--
            --a
            Content-Type: application/pdf; name="old.pdf"

            x
            --a
            Content-Type: image/png
            Content-Disposition: attachment; filename*=utf-8''K%C3%B6ln.png

            x
            --a
            Content-Type: message/rfc822

            Content-Type: text/calendar

            x
            --a--
            """;
        Assert.Equal(
            ["text/plain ", "text/html ", "application/pdf old.pdf", "image/png Köln.png", "text/calendar "],
            PartLister.List(Stream(Text), default).Select(part => $"{part.MediaType} {part.FileName}"));
    }

    [Fact]
    public void Parts_without_number_or_end_are_listed_to_the_limit()
    {
        var many = "Content-Type: multipart/mixed; boundary=a\n\n" + string.Concat(Enumerable.Repeat("--a\nContent-Type: text/plain\n\nx\n", 3000));
        Assert.Equal(PartLister.MaxParts, PartLister.List(Stream(many), default).Count);

        var deep = string.Concat(Enumerable.Range(0, 500).Select(i => $"Content-Type: multipart/mixed; boundary=b{i}\n\n--b{i}\n")) + "Content-Type: text/plain\n\nx\n";
        Assert.InRange(PartLister.List(Stream(deep), default).Count, 0, 10);
        Assert.InRange(PartLister.List(Stream("Content-Type: multipart/mixed; boundary=\"\"\n\n--\nx\n"), default).Count, 0, 2);
    }

    [Fact]
    public async Task Random_octets_never_throw()
    {
        var seed = Environment.TickCount;
        var random = new Random(seed);
        string[] pieces = ["Subject:", "From:", "Date:", "\n", "\n ", "=?utf-8?q?", "?=", "<", ">", "@", ",", ";", "\"", "(", "\0", "\xff", "Content-Type: multipart/mixed; boundary=", "--a", "=?utf-8?b?", "filename*0*=", "a", ":"];
        for (var i = 0; i < 2000; i++)
        {
            var text = string.Concat(Enumerable.Range(0, random.Next(60)).Select(_ => pieces[random.Next(pieces.Length)]));
            try
            {
                var octets = Encoding.Latin1.GetBytes(text);
                var block = await HeaderBlock.ReadAsync(new MemoryStream(octets), default);
                List<string> values = [];
                HeaderDecoder.AddValues(block, "Subject"u8, values);
                Assert.All(values, value => Assert.DoesNotContain(value, char.IsControl));
                HeaderDecoder.Addresses(block, "From");
                PartLister.List(new MemoryStream(octets), default);
            }
            catch (Exception e)
            {
                Assert.Fail($"seed {seed}, turn {i}: {e}\n{text}");
            }
        }
    }

    private static MemoryStream Stream(string text) => new(Encoding.UTF8.GetBytes(text.ReplaceLineEndings("\n")));

    /// <summary>Gives a file in pieces.</summary>
    private sealed class Trickle(byte[] octets, int piece) : MemoryStream(octets)
    {
        public override int Read(Span<byte> buffer) => base.Read(buffer[..Math.Min(piece, buffer.Length)]);

        public override int Read(byte[] buffer, int offset, int count) => base.Read(buffer, offset, Math.Min(piece, count));

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            base.ReadAsync(buffer[..Math.Min(piece, buffer.Length)], cancellationToken);
    }
}
