using System.Text;
using MailServer.Server.Demo;

namespace MailServer.Server.Tests;

public sealed class DemoPartsTests
{
    [Theory]
    [InlineData("a\n.b\n", "a\r\n..b\r\n")]
    [InlineData("a\r\n.\r\nb", "a\r\n..\r\nb\r\n")]
    [InlineData(".", "..\r\n")]
    [InlineData("", "")]
    [InlineData("a.b\n", "a.b\r\n")]
    public void A_message_is_sent_with_CRLF_and_stuffed_dots(string message, string sent) =>
        Assert.Equal(sent, Encoding.ASCII.GetString(SmtpSender.Stuffed(Encoding.ASCII.GetBytes(message))));

    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("=?utf-8?q?J=C3=BCrgen_Gro=C3=9F?=", "Jürgen Groß")]
    [InlineData("=?utf-8?q?a?= =?utf-8?b?w6Q=?= c", "aä c")]
    [InlineData("=?iso-2022-jp?b?GyRCTWg9NSROTT1EahsoQg==?=", "来週の予定")]
    [InlineData("=?nonsense?q?a?=", "=?nonsense?q?a?=")]
    [InlineData("=?utf-8?b?!?=", "=?utf-8?b?!?=")]
    public void Encoded_words_are_shown_as_text(string text, string shown) => Assert.Equal(shown, EncodedWords.Decode(text));

    [Theory]
    [InlineData("From: a@example.net\nTo: Alice <alice@example.org>, x@example.com\nCc: bob+x@example.org\n\n", "alice@example.org bob+x@example.org")]
    [InlineData("X-Demo-To: bob@example.org\nFrom: a@example.net\nTo: alice@example.org\n\n", "bob@example.org")]
    [InlineData("From: a@example.net\nTo: list@lists.example.org\n\n", "alice@example.org")]
    public void A_message_goes_to_its_recipients_here(string message, string recipients)
    {
        var mail = DemoMail.Parse("x", Encoding.ASCII.GetBytes(message));

        Assert.Equal(recipients, string.Join(' ', mail.Recipients));
        Assert.DoesNotContain("X-Demo-To", Encoding.ASCII.GetString(mail.Message));
        Assert.EndsWith("\n\n", Encoding.ASCII.GetString(mail.Message));
    }

    [Fact]
    public void A_field_is_found_unfolded_and_in_any_case() =>
        Assert.Equal("a b", MessageHeaders.Find("X: 1\r\nsubject: a\r\n\tb\r\nY: 2\r\n", "Subject"));
}
