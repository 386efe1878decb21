using MailServer.TestKit;
using Microsoft.Extensions.Logging.Abstractions;

namespace MailServer.Pipeline.Tests;

public sealed class SenderRewritingTests : IDisposable
{
    private static readonly DateTimeOffset Now = new(2026, 11, 24, 6, 7, 8, TimeSpan.Zero);

    private readonly TempDirectory _directory = new(inMemory: true);

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("a@sender.example")]
    [InlineData("a=b=c@sender.example")]
    [InlineData("SRS@sender.example")]
    [InlineData("srs0x@sender.example")]
    [InlineData("O'Neil+x@sub.sender.example")]
    public void An_address_leads_back_to_the_first_sender(string address)
    {
        var forwarded = New().Forward(FakeAccounts.AddressOf(address), "example.org", Now);
        Assert.Matches("^SRS0=[a-z2-7]{7}=[a-z2-7]{2}=[a-z.]+=.+@example.org$", forwarded.ToString());
        Assert.True(New().TryReverse(forwarded, Now.AddDays(21), out var sender));
        Assert.Equal(address, sender.ToString());
        // Local parts are lowered on their way, and first separators exchanged.
        Assert.True(New().TryReverse(new(forwarded.LocalPart.ToLowerInvariant().Replace("srs0=", "srs0+", StringComparison.Ordinal), "example.org"), Now, out sender));
        Assert.Equal(address, sender.ToString(), ignoreCase: true);
    }

    [Theory]
    [InlineData("SRS0=abcd=xy=first.example=a@second.example", "SRS0=abcd=xy=first.example=a@second.example")]
    [InlineData("SRS0+abcd=xy=first.example=a@second.example", "SRS0+abcd=xy=first.example=a@second.example")]
    [InlineData("SRS1=hash=second.example==abcd=xy=first.example=a@third.example", "SRS0=abcd=xy=first.example=a@second.example")]
    [InlineData("SRS1-hash=second.example=+abcd=xy=first.example=a@third.example", "SRS0+abcd=xy=first.example=a@second.example")]
    public void What_others_have_rewritten_leads_back_to_the_first_of_them(string address, string back)
    {
        var forwarded = New().Forward(FakeAccounts.AddressOf(address), "example.org", Now);
        Assert.StartsWith("SRS1=", forwarded.LocalPart, StringComparison.Ordinal);
        Assert.True(New().TryReverse(forwarded, Now, out var sender));
        Assert.Equal(back, sender.ToString());
    }

    [Fact]
    public void Nobody_else_can_make_one_nor_use_an_old_one()
    {
        var forwarded = New().Forward(new("a", "sender.example"), "example.org", Now);
        Assert.False(New().TryReverse(forwarded, Now.AddDays(22), out _));
        Assert.False(New().TryReverse(forwarded, Now.AddDays(-1), out _));
        Assert.False(New().TryReverse(forwarded with { LocalPart = forwarded.LocalPart.Replace("sender", "victim", StringComparison.Ordinal) }, Now, out _));
        using var other = new TempDirectory(inMemory: true);
        Assert.False(new SenderRewriting(Path.Combine(other.Path, "key"), NullLogger.Instance).TryReverse(forwarded, Now, out _));
        string[] broken = ["SRS0", "SRS0=", "SRS0==", "SRS0=abcdefg", "SRS0=abcdefg=", "SRS0=abcdefg=aa=b=c", "SRS1=abcdefg=b==", "SRS0=abcdefg=aa==", "a", "SRS0=\u00e9=b=c=d", "SRS1=abcdefg==x"];
        Assert.All(broken, local => Assert.False(New().TryReverse(new(local, "example.org"), Now, out _)));
    }

    [Fact]
    public void Without_a_key_or_with_too_long_a_name_senders_stay_as_they_are()
    {
        var sender = new EmailAddress(new string('x', 190), "sender.example");
        Assert.Equal(sender, New().Forward(sender, "example.org", Now));
        File.WriteAllText(Path.Combine(_directory.Path, "short"), "short");
        Assert.Equal(new("a", "b.example"), new SenderRewriting(Path.Combine(_directory.Path, "short"), NullLogger.Instance).Forward(new("a", "b.example"), "example.org", Now));
    }

    private SenderRewriting New() => new(Path.Combine(_directory.Path, "key"), NullLogger.Instance);
}
