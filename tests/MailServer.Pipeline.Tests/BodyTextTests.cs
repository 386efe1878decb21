using System.Text;
using MailServer.Rules;

namespace MailServer.Pipeline.Tests;

/// <summary>The text that rules read: decoded, without markup, bounded, and never throwing.</summary>
public sealed class BodyTextTests
{
    static BodyTextTests() => MimeOptions.Prepare();

    // header and body | text
    private static readonly (string Mail, string Text)[] Table =
    [
        ("Subject: x\n\nHello\nWorld\n", "Hello\nWorld\n"),
        ("\nno header\n", "no header\n"),
        ("Subject: x\n", ""),
        ("Subject: x\n\nKöln in UTF-8 without saying so\n", "Köln in UTF-8 without saying so\n"),
        ("Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\nK=C3=B6ln is=\n one line\n", "Köln is one line\n"),
        ("Content-Type: text/plain; charset=iso-2022-jp\nContent-Transfer-Encoding: base64\n\nGyRCTWg9NSROTT1EahsoQg==\n", "来週の予定\n"),
        ("Content-Type: text/plain; charset=windows-1251\nContent-Transfer-Encoding: base64\n\nz/Do4uXy\n", "Привет\n"),
        ("Content-Type: text/plain; charset=no-such\n\nplain\n", "plain\n"),
        ("Content-Type: text/plain\nContent-Transfer-Encoding: base64\n\nSGVsbG8\n", "Hello\n"),
        ("Content-Type: text/html\n\n<html><head><title>T</title><style>p { color: red }</style></head><body><p>One\ntwo <b>thr</b>ee</p><p>Four&nbsp;&amp; five &lt;6&gt;<br>seven<script>if (a < b) evil()</script></body></html>\n", "One two three\nFour & five <6>\nseven\n"),
        ("Content-Type: text/html\n\n<a title=\"a > b\" href='x>y'>link</a> 1 < 2 <!-- no <p> --> end<\n", "link 1 < 2 end<\n"),
        ("Content-Type: text/html\n\nun&#8203;sub&shy;scribe<table><tr><td>a</td><td>b</td></tr></table>\n", "unsubscribe\na\nb\n"),
        ("Content-Type: text/html\n\n<p>open <a href=\"never closed\n", "open\n"),
        ("Content-Type: multipart/alternative; boundary=b\n\n--b\nContent-Type: text/plain\n\nplain\n--b\nContent-Type: text/html\n\n<i>html</i>\n--b--\n", "plain\nhtml\n"),
        ("Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain\n\nseen\n--b\nContent-Type: text/plain\nContent-Disposition: attachment\n\nattached\n--b\nContent-Type: text/csv; name=a.csv\n\nnamed\n--b\nContent-Type: image/png\n\npicture\n--b--\n", "seen\n"),
        ("Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: message/rfc822\n\nSubject: inner\n\nforwarded\n--b--\n", "forwarded\n"),
    ];

    [Fact]
    public void Text_is_what_a_reader_sees()
    {
        var wrong = Table.Select(row => (row.Mail, row.Text, Was: Read(row.Mail))).Where(row => row.Was != row.Text).Select(row => $"{row.Mail}\n  expected {row.Text}\n  was      {row.Was}").ToList();
        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }

    [Theory]
    [InlineData("text/plain", "word ")]
    [InlineData("text/html", "<b>word</b> ")]
    [InlineData("text/html", "<br>")]
    [InlineData("text/html", "<")]
    [InlineData("text/html", "<script>")]
    [InlineData("text/html", "<a x=\"")]
    [InlineData("text/html", "<!--")]
    [InlineData("text/html", "&amp")]
    public void A_body_of_any_length_is_read_to_its_limit(string type, string piece)
    {
        using var stream = new MemoryStream(Encoding.ASCII.GetBytes($"Content-Type: {type}\n\n" + string.Concat(Enumerable.Repeat(piece, 8_000_000 / piece.Length))));
        Assert.InRange(BodyText.Read(stream, default).Length, 0, MailText.MaxBody);
        // What is beyond is not even read.
        Assert.InRange(stream.Position, 1, 3_000_000);
    }

    [Fact]
    public void Random_octets_never_throw()
    {
        var seed = Environment.TickCount;
        var random = new Random(seed);
        string[] pieces = ["Content-Type: text/html\n", "Content-Type: text/plain; charset=utf-7\n", "Content-Type: multipart/mixed; boundary=a\n", "Content-Transfer-Encoding: base64\n", "Content-Transfer-Encoding: quoted-printable\n", "\n", "--a\n", "--a--\n", "<", ">", "</", "<script", "&", "&#x110000;", ";", "=", "=3D", "\"", "'", "\0", "ÿ", "abc", "<!--", "-->"];
        for (var i = 0; i < 3000; i++)
        {
            var text = string.Concat(Enumerable.Range(0, random.Next(60)).Select(_ => pieces[random.Next(pieces.Length)]));
            try
            {
                Read(text);
                HtmlText.Append(text, new());
            }
            catch (Exception e)
            {
                Assert.Fail($"seed {seed}, turn {i}: {e}\n{text}");
            }
        }
    }

    [Fact]
    public void Sizes_of_parts_are_those_they_have_when_they_are_saved()
    {
        var octets = new byte[100_001];
        var base64 = string.Concat(Convert.ToBase64String(octets).Chunk(76).Select(line => new string(line) + "\n"));
        var mail = $"Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: Image/PNG; name=a.png\nContent-Transfer-Encoding: base64\n\n{base64}\n--b\nContent-Type: text/plain\nContent-Disposition: attachment\n\n12345\n--b--\n";
        var parts = PartLister.List(new MemoryStream(Encoding.ASCII.GetBytes(mail)), default);
        Assert.Equal([new MailPart("image/png", "a.png", 100_001), new MailPart("text/plain", "", 5, IsAttachment: true)], parts);
    }

    [Theory]
    [InlineData("mx.example.org; dmarc=pass", true)]
    [InlineData("MX.Example.Org 1; dmarc=pass", true)]
    [InlineData("other.example; dmarc=pass", false)]
    [InlineData("mx.example.org.evil.example; dmarc=pass", false)]
    [InlineData("", false)]
    public async Task Only_what_our_filters_wrote_in_our_name_counts(string value, bool isOurs)
    {
        var header = await HeaderBlock.ReadAsync(new MemoryStream("Authentication-Results: mx.example.org; dmarc=pass; spf=pass\n\n"u8.ToArray()), default);
        var source = new MessageSource(header, () => throw new IOException("gone"), new() { Received = default, Size = 1, Hostname = "mx.example.org", Findings = [("authentication-results", value)] });
        Assert.Equal(isOurs, new Mail(source).IsAuthentic);
        Assert.False(new Mail(source).Auth.Spf.Passed);
        // A file that cannot be read is an empty one.
        Assert.Equal("", source.Text);
        Assert.Empty(source.Parts);
    }

    private static string Read(string mail) => BodyText.Read(new MemoryStream(Encoding.UTF8.GetBytes(mail)), default);
}
