using System.Text;
using MailServer.Wire.Sasl;

namespace MailServer.Wire.Tests.Smtp;

public sealed class PlainMessageTests
{
    [Theory]
    [InlineData("\0tim\0tanstaaftanstaaf", "", "tim", "tanstaaftanstaaf")]
    [InlineData("Ursel\0Kurt\0xipj3plmq", "Ursel", "Kurt", "xipj3plmq")]
    [InlineData("\0müller@example.org\0pässwörd", "", "müller@example.org", "pässwörd")]
    public void Reads_the_three_parts(string text, string authorization, string authentication, string password)
    {
        Assert.True(PlainMessage.TryRead(Encoding.UTF8.GetBytes(text), out var message));
        Assert.Equal(authorization, Encoding.UTF8.GetString(message.AuthorizationId));
        Assert.Equal(authentication, Encoding.UTF8.GetString(message.AuthenticationId));
        Assert.Equal(password, Encoding.UTF8.GetString(message.Password));
    }

    [Theory]
    [InlineData("")]
    [InlineData("tim")]
    [InlineData("\0tim")]
    [InlineData("\0\0password")]
    [InlineData("\0tim\0")]
    [InlineData("\0tim\0pass\0word")]
    public void Refuses_what_lacks_a_part(string text) => Assert.False(PlainMessage.TryRead(Encoding.UTF8.GetBytes(text), out _));

    [Fact]
    public void Refuses_long_parts_and_broken_UTF8()
    {
        Assert.False(PlainMessage.TryRead(Encoding.UTF8.GetBytes("\0a\0" + new string('p', PlainMessage.MaxPart + 1)), out _));
        Assert.True(PlainMessage.TryRead(Encoding.UTF8.GetBytes("\0a\0" + new string('p', PlainMessage.MaxPart)), out _));
        Assert.False(PlainMessage.TryRead([0, (byte)'a', 0, 0xC3], out _));
    }

    [Theory]
    [InlineData("", "")]
    [InlineData("AHRpbQBwdw==", "\0tim\0pw")]
    public void Takes_base64_off(string text, string octets)
    {
        var destination = new byte[100];
        Assert.True(SaslText.TryDecode(Encoding.ASCII.GetBytes(text), destination, out var written));
        Assert.Equal(octets, Encoding.ASCII.GetString(destination, 0, written));
    }

    [Theory]
    [InlineData("=")]
    [InlineData("AHRpbQBwdw=")]
    [InlineData("AHRpbQBwdw")]
    [InlineData("AHRp bQBw")]
    [InlineData("*")]
    [InlineData("AHRpbQBwdw==AHRp")]
    public void Refuses_what_is_not_base64(string text) => Assert.False(SaslText.TryDecode(Encoding.ASCII.GetBytes(text), new byte[100], out _));

    [Fact]
    public void An_equals_sign_is_an_empty_initial_response()
    {
        Assert.True(SaslText.TryDecodeInitial("="u8, [], out var written));
        Assert.Equal(0, written);
    }
}
