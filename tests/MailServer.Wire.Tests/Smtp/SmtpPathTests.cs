using System.Text;
using MailServer.Wire.Smtp;

namespace MailServer.Wire.Tests.Smtp;

public sealed class SmtpPathTests
{
    private static readonly string LongLocal = new('a', 65);
    private static readonly string Label63 = new('b', 63);

    [Theory]
    [InlineData("<a@example.org>", "a", "example.org")]
    [InlineData("<a.b.c@example.org> SIZE=1", "a.b.c", "example.org")]
    [InlineData("<!#$%&'*+-/=?^_`{|}~@x>", "!#$%&'*+-/=?^_`{|}~", "x")]
    [InlineData("<\"a b\"@example.org>", "a b", "example.org")]
    [InlineData("<\"a\\\"b\\\\\"@example.org>", "a\"b\\", "example.org")]
    [InlineData("<\"a@b>c\"@example.org>", "a@b>c", "example.org")]
    [InlineData("<\"alice\"@example.org>", "alice", "example.org")]
    [InlineData("<@one.example,@two.example:a@example.org>", "a", "example.org")]
    [InlineData("<a@[192.0.2.1]>", "a", "[192.0.2.1]")]
    [InlineData("<a@[IPv6:2001:db8::1]>", "a", "[IPv6:2001:db8::1]")]
    [InlineData("<a@[ipv6:::ffff:192.0.2.1]>", "a", "[ipv6:::ffff:192.0.2.1]")]
    [InlineData("<a@xn--bcher-kva.example>", "a", "xn--bcher-kva.example")]
    [InlineData("<a@under_score.example>", "a", "under_score.example")]
    [InlineData("<müller@bücher.example>", "müller", "bücher.example")]
    [InlineData("<a@1.2.3>", "a", "1.2.3")]
    public void Reads_a_path(string text, string localPart, string domain)
    {
        Assert.Equal(SmtpFault.None, SmtpPath.TryReadForwardPath(Encoding.UTF8.GetBytes(text), out var path, out var consumed));
        var unquoted = new byte[path.LocalPart.Length];
        var length = path.WriteLocalPart(unquoted);
        Assert.Equal(localPart, Encoding.UTF8.GetString(unquoted, 0, length));
        Assert.Equal(domain, Encoding.UTF8.GetString(path.Domain));
        Assert.Equal('>', (char)Encoding.UTF8.GetBytes(text)[consumed - 1]);
        Assert.Equal(text.All(char.IsAscii), path.IsAscii);
        Assert.Equal(domain[0] == '[', path.IsLiteral);
        Assert.False(path.IsNull);
        Assert.False(path.IsPostmaster);
    }

    [Theory]
    [InlineData("")]
    [InlineData("<")]
    [InlineData("<>")]
    [InlineData("a")]
    [InlineData("@example.org")]
    [InlineData("a@example.org>")]
    [InlineData("a@example.org,b@example.org")]
    [InlineData("@one.example:a@example.org")]
    [InlineData("<a>")]
    [InlineData("<a@>")]
    [InlineData("<@example.org>")]
    [InlineData("<a@example.org")]
    [InlineData("<a@example.org >")]
    [InlineData("< a@example.org>")]
    [InlineData("<.a@example.org>")]
    [InlineData("<a.@example.org>")]
    [InlineData("<a..b@example.org>")]
    [InlineData("<a b@example.org>")]
    [InlineData("<a@b@example.org>")]
    [InlineData("<a@-example.org>")]
    [InlineData("<a@example-.org>")]
    [InlineData("<a@example..org>")]
    [InlineData("<a@.example.org>")]
    [InlineData("<a@example.org.>")]
    [InlineData("<a@exa mple.org>")]
    [InlineData("<\"\"@example.org>")]
    [InlineData("<\"a@example.org>")]
    [InlineData("<\"a\"b@example.org>")]
    [InlineData("<\"a\\\"@example.org>")]
    [InlineData("<\"a\tb\"@example.org>")]
    [InlineData("<a@[192.0.2.256]>")]
    [InlineData("<a@[192.0.2]>")]
    [InlineData("<a@[192.0.2.1.1]>")]
    [InlineData("<a@[192.0.2.1>")]
    [InlineData("<a@[IPv6:fe80::1%eth0]>")]
    [InlineData("<a@[IPv6:2001:db8]>")]
    [InlineData("<a@[2001:db8::1]>")]
    [InlineData("<a@[x-tag:what]>")]
    [InlineData("<@one.example:>")]
    [InlineData("<@one.example,a@example.org>")]
    [InlineData("<@:a@example.org>")]
    [InlineData("<a!b:c@example.org>")]
    [InlineData("<a;b@example.org>")]
    public void Refuses_what_is_no_path(string text) =>
        Assert.Equal(SmtpFault.Path, SmtpPath.TryReadForwardPath(Encoding.UTF8.GetBytes(text), out _, out _));

    [Theory]
    [InlineData("a@example.org")]
    [InlineData("a@example.org SIZE=1")]
    [InlineData("\"a b\"@[192.0.2.1]")]
    public void The_brackets_may_be_left_out(string text)
    {
        Assert.Equal(SmtpFault.None, SmtpPath.TryReadForwardPath(Encoding.ASCII.GetBytes(text), out var path, out var consumed));
        Assert.Equal(text[..consumed], Encoding.ASCII.GetString(path.LocalPart) + "@" + Encoding.ASCII.GetString(path.Domain));
        Assert.Equal(text.Replace(" SIZE=1", "").Length, consumed);
    }

    [Fact]
    public void Refuses_octets_that_are_no_UTF8()
    {
        Assert.Equal(SmtpFault.Path, SmtpPath.TryReadForwardPath([.. "<a"u8, 0xC3, .. "@example.org>"u8], out _, out _));
        Assert.Equal(SmtpFault.Path, SmtpPath.TryReadForwardPath([.. "<a@b"u8, 0xFF, .. ".org>"u8], out _, out _));
        Assert.Equal(SmtpFault.Path, SmtpPath.TryReadForwardPath("<a\0b@example.org>"u8, out _, out _));
    }

    public static TheoryData<string, SmtpFault> Lengths => new()
    {
        { $"<{LongLocal[1..]}@example.org>", SmtpFault.None },
        { $"<{LongLocal}@example.org>", SmtpFault.LocalPartTooLong },
        { $"<a@{Label63}.org>", SmtpFault.None },
        { $"<a@{Label63}b.org>", SmtpFault.DomainTooLong },
        { $"<a@{string.Join('.', Enumerable.Repeat(Label63, 4))}.b>", SmtpFault.DomainTooLong },
        { $"<{new string('a', 62)}@{Label63}.{Label63}.{new string('b', 63)}>", SmtpFault.None },
        { $"<{new string('a', 62)}@{Label63}.{Label63}.{new string('b', 61)}.b>", SmtpFault.None },
        { $"<{new string('a', 62)}@{Label63}.{Label63}.{new string('b', 62)}.b>", SmtpFault.PathTooLong },
    };

    [Theory]
    [MemberData(nameof(Lengths))]
    public void Keeps_the_limits_of_RFC_5321(string text, SmtpFault fault) =>
        Assert.Equal(fault, SmtpPath.TryReadForwardPath(Encoding.ASCII.GetBytes(text), out _, out _));

    [Theory]
    [InlineData("<Postmaster>")]
    [InlineData("<POSTMASTER>")]
    [InlineData("<postmaster>")]
    public void Postmaster_needs_no_domain_as_a_recipient_but_as_a_sender(string text)
    {
        Assert.Equal(SmtpFault.None, SmtpPath.TryReadForwardPath(Encoding.ASCII.GetBytes(text), out var path, out var consumed));
        Assert.True(path.IsPostmaster);
        Assert.Equal(text.Length, consumed);
        Assert.Equal(SmtpFault.Path, SmtpPath.TryReadReversePath(Encoding.ASCII.GetBytes(text), out _, out _));
    }

    [Fact]
    public void The_null_path_is_one_for_senders_only()
    {
        Assert.Equal(SmtpFault.None, SmtpPath.TryReadReversePath("<>"u8, out var path, out var consumed));
        Assert.True(path.IsNull);
        Assert.Equal(2, consumed);
        Assert.Equal(SmtpFault.Path, SmtpPath.TryReadForwardPath("<>"u8, out _, out _));
    }
}
