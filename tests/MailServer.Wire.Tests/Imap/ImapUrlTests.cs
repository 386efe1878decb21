using System.Text;
using MailServer.Wire.Imap;

namespace MailServer.Wire.Tests.Imap;

/// <summary>Relative IMAP URLs (RFC 5092), as CATENATE has them.</summary>
public sealed class ImapUrlTests
{
    [Theory]
    [InlineData("/INBOX/;UID=7", "INBOX", null, 7u, "All", "", null)]
    [InlineData("/a/b;UIDVALIDITY=3/;uid=7/;section=1.2", "a/b", 3u, 7u, "All", "1 2", null)]
    [InlineData("/Gr%C3%BC%c3%9fe%2Fx/;UID=1/;SECTION=2.MIME", "Gr\u00fc\u00dfe/x", null, 1u, "Mime", "2", null)]
    [InlineData(";UID=9/;SECTION=HEADER.FIELDS%20(A%20B)/;PARTIAL=5", null, null, 9u, "HeaderFields", "", "5 9223372036854775807")]
    [InlineData("/;UID=9/;PARTIAL=0.1", null, null, 9u, "All", "", "0 1")]
    public void Reads(string text, string? mailbox, uint? validity, uint uid, string section, string part, string? partial)
    {
        Assert.True(ImapUrl.TryParse(Encoding.UTF8.GetBytes(text), out var url));
        Assert.Equal((mailbox, validity, uid), (url.Mailbox, url.UidValidity, url.Uid));
        Assert.Equal((section, part), (url.Section.Text.ToString(), string.Join(' ', url.Section.Part)));
        Assert.Equal(partial, url.Partial is { } range ? $"{range.Offset} {range.Length}" : null);
    }

    [Theory]
    [InlineData("")]
    [InlineData("/INBOX")]
    [InlineData("INBOX/;UID=1")]
    [InlineData("imap://host/INBOX/;UID=1")]
    [InlineData("//host/INBOX/;UID=1")]
    [InlineData("/INBOX/;UID=0")]
    [InlineData("/INBOX/;UID=1x")]
    [InlineData("/INBOX/;UID=1/;UID=2")]
    [InlineData("/INBOX;UIDVALIDITY=x/;UID=1")]
    [InlineData("/;UIDVALIDITY=5/;UID=1")]
    [InlineData("/INBOX/;UID=1/;SECTION=")]
    [InlineData("/INBOX/;UID=1/;SECTION=1]x")]
    [InlineData("/INBOX/;UID=1/;PARTIAL=1.0")]
    [InlineData("/INBOX/;UID=1/;PARTIAL=x")]
    [InlineData("/INBOX/;UID=1/;OTHER=1")]
    [InlineData("/INBOX/;UID=1%")]
    [InlineData("/INBOX/;UID=1%4")]
    [InlineData("/%ff/;UID=1")]
    public void Refuses(string text) => Assert.False(ImapUrl.TryParse(Encoding.UTF8.GetBytes(text), out _));
}
