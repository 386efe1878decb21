using System.Net;
using MailServer.Server.Listening;

namespace MailServer.Server.Tests;

public sealed class ConnectionLimitsTests
{
    [Fact]
    public void One_address_has_its_own_limit_and_gets_its_places_back()
    {
        var limits = new ConnectionLimits(10, 2);
        var address = IPAddress.Parse("192.0.2.1");
        Assert.Equal([LimitReached.None, LimitReached.None, LimitReached.PerAddress], Enumerable.Range(0, 3).Select(_ => limits.TryEnter(address)));
        Assert.Equal(LimitReached.None, limits.TryEnter(IPAddress.Parse("192.0.2.2")));
        Assert.Equal(3, limits.Count);

        limits.Leave(address);

        Assert.Equal(LimitReached.None, limits.TryEnter(address));
    }

    [Fact]
    public void All_together_have_a_limit()
    {
        var limits = new ConnectionLimits(2, 2);
        Assert.Equal(
            [LimitReached.None, LimitReached.None, LimitReached.All],
            Enumerable.Range(1, 3).Select(i => limits.TryEnter(IPAddress.Parse($"192.0.2.{i}"))));
    }

    [Theory]
    [InlineData("2001:db8::1", "2001:db8::ffff", true)]
    [InlineData("2001:db8::1", "2001:db8:0:1::1", false)]
    [InlineData("192.0.2.1", "::ffff:192.0.2.1", true)]
    [InlineData("192.0.2.1", "192.0.2.2", false)]
    [InlineData("::1", "::2", false)]
    public void A_client_with_IPv6_is_a_slash_64(string first, string second, bool isSame)
    {
        var limits = new ConnectionLimits(10, 1);
        limits.TryEnter(IPAddress.Parse(first));
        Assert.Equal(isSame ? LimitReached.PerAddress : LimitReached.None, limits.TryEnter(IPAddress.Parse(second)));
    }

    [Fact]
    public void New_limits_hold_from_the_next_connection_on()
    {
        var limits = new ConnectionLimits(10, 10);
        var address = IPAddress.Parse("192.0.2.1");
        limits.TryEnter(address);

        limits.Set(10, 1);

        Assert.Equal(LimitReached.PerAddress, limits.TryEnter(address));
    }
}
