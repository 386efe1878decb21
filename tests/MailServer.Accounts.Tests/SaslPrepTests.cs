using MailServer.Accounts.Sasl;

namespace MailServer.Accounts.Tests;

public class SaslPrepTests
{
    [Theory]
    // RFC 4013 §3
    [InlineData("I\u00ADX", "IX")]
    [InlineData("user", "user")]
    [InlineData("USER", "USER")]
    [InlineData("\u00AA", "a")]
    [InlineData("\u2168", "IX")]
    [InlineData("\u0007", null)]
    [InlineData("\u0627\u0031", null)]
    // normalisation form KC: composition, order of marks, Hangul, ligature, wide letters, singleton, a mark that blocks
    [InlineData("e\u0301", "\u00E9")]
    [InlineData("a\u0323\u0307", "\u1EA1\u0307")]
    [InlineData("a\u0307\u0323", "\u1EA1\u0307")]
    [InlineData("\u1112\u1161\u11AB", "\uD55C")]
    [InlineData("\uD55C", "\uD55C")]
    [InlineData("\uFB01", "fi")]
    [InlineData("\uFF21\uFF11", "A1")]
    [InlineData("\u212B", "\u00C5")]
    [InlineData("e\u0327\u0301x\u0301", "\u0229\u0301x\u0301")]
    [InlineData("\u00A0\u3000\u200B", "   ")]       // U+200B is in both tables; RFC 4013 names the blanks first
    // Unicode 3.2 did not know it: it passes
    [InlineData("\U0001F600", "\U0001F600")]
    [InlineData("\u0627\u0628", "\u0627\u0628")]
    [InlineData("\u0627a\u0628", null)]
    [InlineData("\uE000", null)]
    public void Prepares_as_RFC_4013_says(string text, string? prepared)
    {
        Assert.Equal(prepared, SaslPrep.Prepare(text, out var reason));
        Assert.Equal(prepared is null, reason is not null);
    }
}
