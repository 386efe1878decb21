using System.Text;

namespace MailServer.Storage.Tests.Content;

/// <summary>The beginning of a message's text (RFC 8970 §3.3).</summary>
public sealed class PreviewTests
{
    [Theory]
    [InlineData("Subject: x\n\n  Hello,\n\n\tworld  \n", "Hello, world")]
    [InlineData("Subject: x\n\n", "")]
    [InlineData("Subject: x\n\n> said\nMy answer\n> more\n", "My answer")]
    [InlineData("Subject: x\n\n> all of it\n", "> all of it")]
    [InlineData("Content-Type: text/plain; charset=iso-8859-1\nContent-Transfer-Encoding: quoted-printable\n\ngr=FC=DFe=\n!\n", "gr\u00fc\u00dfe!")]
    [InlineData("Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64\n\nR3LDvMOfZQ==\n", "Gr\u00fc\u00dfe")]
    [InlineData("Content-Type: text/html\n\n<html><head><title>t</title><style>p { x: y }</style></head><body><p>One&amp;two</p><script>evil()</script><p>three</p></body></html>\n", "One&two three")]
    [InlineData("Content-Type: image/png\nContent-Transfer-Encoding: base64\n\nAAAA\n", "")]
    [InlineData("Content-Type: multipart/mixed; boundary=b\n\npreamble\n--b\nContent-Type: text/plain\nContent-Disposition: attachment\n\nattached\n--b\nContent-Type: text/html\n\n<b>shown</b>\n--b--\n", "shown")]
    [InlineData("Content-Type: multipart/alternative; boundary=b\n\n--b\nContent-Type: text/plain\n\nplain\n--b\nContent-Type: text/html\n\n<b>html</b>\n--b--\n", "plain")]
    [InlineData("Content-Type: multipart/alternative; boundary=b\n\n--b\nContent-Type: text/plain\n\n  \n--b\nContent-Type: text/html\n\n<b>html</b>\n--b--\n", "html")]
    [InlineData("Content-Type: text/plain; charset=nothing\n\nabc\n", "abc")]
    public void Is_of_the_first_text(string message, string preview) =>
        Assert.Equal(preview, PreviewReader.Read(new MemoryStream(Encoding.Latin1.GetBytes(message))));

    [Fact]
    public void Has_two_hundred_characters_at_most_and_cuts_none_in_two()
    {
        var text = string.Concat(Enumerable.Repeat("\U0001F600", 300));
        var preview = PreviewReader.Read(new MemoryStream(Encoding.UTF8.GetBytes("Content-Type: text/plain; charset=utf-8\n\n" + text)));
        Assert.Equal(string.Concat(Enumerable.Repeat("\U0001F600", 200)), preview);
    }

    [Fact]
    public void Does_not_read_a_great_message_to_its_end()
    {
        var message = new MemoryStream(Encoding.ASCII.GetBytes("Subject: x\n\n" + string.Concat(Enumerable.Repeat("word and word\n", 500_000))));
        PreviewReader.Read(message);
        Assert.True(message.Position < 300_000, $"{message.Position} octets read");
    }

    [Fact]
    public async Task Is_told_by_a_view()
    {
        await using var test = new TestStore();
        await test.AppendAsync("Subject: x\r\n\r\nHello\r\n");
        await using var view = await test.ViewAsync();
        Assert.Equal("Hello", (await view.PreviewAtAsync(1, TestStore.Token)).Value);
        File.Delete(Directory.GetFiles(Path.Combine(test.Maildir, "cur")).Concat(Directory.GetFiles(Path.Combine(test.Maildir, "new"))).Single());
        Assert.Equal(ProblemReason.Expunged, (await view.PreviewAtAsync(1, TestStore.Token)).Problem?.Reason);
    }
}
