using System.Text;
using MailServer.Wire.Imap;

namespace MailServer.Storage.Tests;

public sealed class ModifiedUtf7Tests
{
    [Theory]
    [InlineData("INBOX", "INBOX")]
    [InlineData("~peter/mail/台北/日本語", "~peter/mail/&U,BTFw-/&ZeVnLIqe-")] // RFC 3501 §5.1.3
    [InlineData("Lists & News", "Lists &- News")]
    [InlineData("&", "&-")]
    [InlineData("&&", "&-&-")]
    [InlineData("ä&ö", "&AOQ-&-&APY-")]
    [InlineData("a\ufffdb", "a&,,0-b")]
    [InlineData("🐎", "&2D3cDg-")]
    [InlineData("", "")]
    public void Names_go_there_and_back(string name, string encoded)
    {
        Assert.Equal(encoded, ModifiedUtf7.Encode(name));
        Assert.True(ModifiedUtf7.TryDecode(Encoding.UTF8.GetBytes(encoded), out var decoded));
        Assert.Equal(name, decoded);
    }

    [Theory]
    [InlineData("&")]
    [InlineData("a&b")]
    [InlineData("&Jjo!")]
    [InlineData("&Jjo!-")]
    [InlineData("&AOQ")] // the shift does not end
    [InlineData("&AOQ-&APY-")] // two in a row
    [InlineData("&AGE-")] // a printable letter in base64
    [InlineData("&AOR-")] // bits left over that are not zero
    [InlineData("&AOQA-")] // a digit left over
    [InlineData("&2D0-")] // half a pair
    [InlineData("&3A4-")]
    [InlineData("a\tb")]
    [InlineData("ä")]
    public void What_RFC_3501_forbids_is_refused(string text) => Assert.False(ModifiedUtf7.TryDecode(Encoding.UTF8.GetBytes(text), out _));

    [Fact]
    public void Any_name_comes_back_whatever_is_shifted()
    {
        var seed = Random.Shared.Next();
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed}");
        var random = new Random(seed);
        for (var round = 0; round < 2000; round++)
        {
            var name = new StringBuilder();
            for (var i = random.Next(12); i > 0; i--)
                name.Append(random.Next(3) > 0 ? "aZ&-.,+/ ä台"[random.Next(11)].ToString() : char.ConvertFromUtf32(0x1F300 + random.Next(0x300)));
            foreach (var shifted in (string[])["", ".", "./"])
            {
                var encoded = ModifiedUtf7.Encode(name.ToString(), shifted);
                Assert.True(shifted.Length == 0 || !encoded.Contains('.', StringComparison.Ordinal));
                Assert.True(ModifiedUtf7.TryDecode(Encoding.UTF8.GetBytes(encoded), shifted, out var decoded), encoded);
                Assert.Equal(name.ToString(), decoded);
            }
        }
    }
}
