namespace MailServer.Pipeline.Tests;

/// <summary>Nobody who has stolen a password sends to the whole world.</summary>
public sealed class SendingLimitTests
{
    private static Road NewRoad(int perDay)
    {
        var road = new Road();
        road.Options = road.Options with { RecipientsPerDay = perDay };
        road.Envelope = road.Envelope with { User = FakeAccounts.UserOf("alice@example.org"), ReversePath = new("alice", "example.org") };
        return road;
    }

    [Fact]
    public async Task Who_has_sent_to_enough_is_told_to_come_later_and_others_are_not()
    {
        var road = NewRoad(3);
        Assert.Null(await road.SendAsync(Road.Hello, "bob@example.org", "carol@example.org"));
        Assert.Equal("4.7.1", (await road.SendAsync(Road.Hello, "bob@example.org", "carol@example.org"))?.Status.ToString());
        // What was not sent does not count.
        Assert.Null(await road.SendAsync(Road.Hello, "bob@example.org"));
        Assert.NotNull(await road.SendAsync(Road.Hello, "bob@example.org"));
        road.Envelope = road.Envelope with { User = FakeAccounts.UserOf("bob@example.org") };
        Assert.Null(await road.SendAsync(Road.Hello, "carol@example.org"));
        road.Envelope = road.Envelope with { User = null };
        for (var i = 0; i < 5; i++)
            Assert.Null(await road.SendAsync(Road.Hello, "carol@example.org"));
    }

    [Fact]
    public async Task A_day_later_it_may_send_again()
    {
        var road = NewRoad(2);
        Assert.Null(await road.SendAsync(Road.Hello, "bob@example.org"));
        road.Time.Advance(TimeSpan.FromHours(12));
        Assert.Null(await road.SendAsync(Road.Hello, "bob@example.org"));
        road.Time.Advance(TimeSpan.FromHours(11));
        Assert.NotNull(await road.SendAsync(Road.Hello, "bob@example.org"));
        road.Time.Advance(TimeSpan.FromHours(1));
        Assert.Null(await road.SendAsync(Road.Hello, "bob@example.org"));
        Assert.NotNull(await road.SendAsync(Road.Hello, "bob@example.org"));
        road.Time.Advance(TimeSpan.FromDays(40));
        Assert.Null(await road.SendAsync(Road.Hello, "bob@example.org", "carol@example.org"));
    }

    [Fact]
    public async Task Refused_recipients_and_messages_that_fail_do_not_count()
    {
        var road = NewRoad(1);
        Assert.NotNull(await road.SendAsync(Road.Hello, "nobody@example.org"));
        road.Store.Fault = (_, _) => Problem.StorageFull;
        Assert.NotNull(await road.SendAsync(Road.Hello, "bob@example.org"));
        road.Store.Fault = (_, _) => null;
        await using (var mail = await road.Pipeline.BeginAsync(road.Envelope, default))
            Assert.Null(await mail.AddRecipientAsync(new("bob", "example.org"), default));
        Assert.Null(await road.SendAsync(Road.Hello, "bob@example.org"));
        Assert.NotNull(await road.SendAsync(Road.Hello, "bob@example.org"));
    }
}
