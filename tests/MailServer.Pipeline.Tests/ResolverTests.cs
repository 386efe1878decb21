namespace MailServer.Pipeline.Tests;

/// <summary>Whose account an address is.</summary>
public sealed class ResolverTests
{
    [Theory]
    [InlineData("alice@example.org", "alice@example.org", null)]
    [InlineData("alice@EXAMPLE.ORG", "alice@example.org", null)]
    [InlineData("alice+shop@example.org", "alice@example.org", "shop")]
    [InlineData("alice+shop+two@example.org", "alice@example.org", "shop+two")]
    [InlineData("alice+@example.org", "alice@example.org", "")]
    [InlineData("a+b@example.org", "a+b@example.org", null)]
    [InlineData("postmaster@example.org", "alice@example.org", null)]
    [InlineData("Postmaster@mx.example.org", "alice@example.org", null)]
    [InlineData("dave@bücher.example", "dave@xn--bcher-kva.example", null)]
    public async Task Finds_an_account(string address, string account, string? detail)
    {
        var road = new Road();
        road.Roles.Directory.Users.Add(FakeAccounts.UserOf("dave@xn--bcher-kva.example"));
        Recipient? seen = null;
        road.Roles.Rules.Add(new FakeRule((_, recipient, sofar) =>
        {
            seen = recipient;
            return sofar;
        }));
        Assert.Null(await road.SendAsync(Road.Hello, address));
        Assert.Equal(account, seen?.Account.Address.ToString());
        Assert.Equal(detail, seen?.Detail);
        Assert.Equal(FakeAccounts.AddressOf(address), seen?.Address);
        Assert.Equal($"{account}/INBOX", Assert.Single(road.Store.All).Place);
    }

    [Theory]
    [InlineData("nobody@example.org", false, "5.1.1 No such user here")]
    [InlineData("nobody+x@example.org", false, "5.1.1 No such user here")]
    [InlineData("+x@example.org", false, "5.1.1 No such user here")]
    [InlineData("alice@elsewhere.example", false, "5.7.1 Relaying denied, that domain is not ours")]
    [InlineData("postmaster@elsewhere.example", false, "5.7.1 Relaying denied, that domain is not ours")]
    [InlineData("alice@mx.example.org", false, "5.7.1 Relaying denied, that domain is not ours")]
    [InlineData("alice%elsewhere.example@example.org", false, "5.1.1 No such user here")]
    [InlineData("alice@elsewhere.example", true, "5.3.3 This server does not send mail to other domains")]
    [InlineData("nobody@example.org", true, "5.1.1 No such user here")]
    public async Task Refuses_what_is_not_here(string address, bool isSubmission, string expected)
    {
        var road = new Road();
        if (isSubmission)
            road.Envelope = road.Envelope with { User = FakeAccounts.UserOf("alice@example.org") };
        var problem = await road.SendAsync(Road.Hello, address);
        Assert.Equal(expected, $"{problem?.Status} {problem?.Text}");
        Assert.Empty(road.Store.All);
    }

    [Fact]
    public async Task A_directory_that_cannot_tell_means_later()
    {
        var road = new Road();
        road.Roles.Directory.Fault = new(new(5, 9, 9), "ldap://secret is away") { Reason = ProblemReason.Unavailable };
        Assert.Equal(Problem.Unavailable, await road.SendAsync(Road.Hello, "alice@example.org"));
    }

    [Fact]
    public async Task Without_any_directory_nobody_is_told_that_a_user_does_not_exist()
    {
        var road = new Road();
        road.Roles.HasAccounts = false;
        Assert.Equal(Problem.Unavailable, await road.SendAsync(Road.Hello, "alice@example.org"));
    }

    [Fact]
    public async Task Postmasters_mail_goes_where_the_configuration_says()
    {
        var road = new Road();
        road.Options = road.Options with { Postmaster = new("bob+admin", "example.org") };
        Assert.Null(await road.SendAsync(Road.Hello, "postmaster@example.org"));
        Assert.Equal("bob@example.org/INBOX", Assert.Single(road.Store.All).Place);
    }

    [Fact]
    public async Task An_account_called_postmaster_comes_first()
    {
        var road = new Road();
        road.Roles.Directory.Users.Add(FakeAccounts.UserOf("postmaster@example.org"));
        Assert.Null(await road.SendAsync(Road.Hello, "postmaster@example.org"));
        Assert.Equal("postmaster@example.org/INBOX", Assert.Single(road.Store.All).Place);
    }

    [Fact]
    public async Task Too_many_recipients_are_refused_one_by_one()
    {
        var road = new Road();
        road.Options = road.Options with { MaxRecipients = 2 };
        await using var mail = await road.Pipeline.BeginAsync(road.Envelope, default);
        Assert.Null(await mail.AddRecipientAsync(FakeAccounts.AddressOf("alice@example.org"), default));
        Assert.Null(await mail.AddRecipientAsync(FakeAccounts.AddressOf("bob@example.org"), default));
        Assert.Equal(new StatusCode(4, 5, 3), (await mail.AddRecipientAsync(FakeAccounts.AddressOf("carol@example.org"), default))?.Status);
        Assert.Null(await mail.CommitAsync(default));
        Assert.Equal(2, road.Store.All.Count);
    }
}
