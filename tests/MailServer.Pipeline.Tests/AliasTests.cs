using MailServer.Accounts;
using MailServer.TestKit;

namespace MailServer.Pipeline.Tests;

/// <summary>Addresses that stand for others.</summary>
public sealed class AliasTests
{
    private static Road RoadWith(params string[] lines)
    {
        var road = new Road();
        road.UseAliases(AliasReader.Read(lines));
        return road;
    }

    [Theory]
    [InlineData("info@example.org", "alice", "info@example.org alice@example.org")]
    [InlineData("INFO@example.org", "alice", "info@example.org: alice@example.org")]
    [InlineData("all@example.org", "alice bob carol", "all@example.org alice@example.org, bob@example.org", "  carol@example.org # not a comment@example.org")]
    [InlineData("a@example.org", "bob", "a@example.org b@example.org", "b@example.org c@example.org", "c@example.org bob@example.org")]
    [InlineData("alice@example.org", "alice bob", "alice@example.org alice@example.org bob@example.org")]
    [InlineData("x@example.org", "alice bob", "x@example.org y@example.org z@example.org", "y@example.org w@example.org", "z@example.org w@example.org", "w@example.org alice@example.org bob@example.org")]
    [InlineData("nobody@example.org", "carol", "@example.org carol@example.org")]
    [InlineData("bob@example.org", "bob", "@example.org carol@example.org")]
    [InlineData("bob@xn--bcher-kva.example", "bob", "@xn--bcher-kva.example @example.org")]
    [InlineData("bob@bücher.example", "bob", "@bücher.example @example.org")]
    [InlineData("postmaster@example.org", "bob", "postmaster@example.org bob@example.org")]
    [InlineData("half@example.org", "bob", "half@example.org gone@example.org bob@example.org")]
    public async Task An_alias_reaches_accounts(string address, string accounts, params string[] lines)
    {
        var road = RoadWith([.. lines.Select(line => line.Split(" #")[0])]);
        Assert.Null(await road.SendAsync(Road.Hello, address.Replace("bücher", "xn--bcher-kva", StringComparison.Ordinal)));
        Assert.Equal(accounts.Split(' ').Select(name => $"{name}@example.org/INBOX"), road.Store.All.Select(copy => copy.Place).Order());
    }

    [Theory]
    [InlineData("a@example.org", "5.1.1", "a@example.org b@example.org", "b@example.org a@example.org")]
    [InlineData("a@example.org", "5.1.1", "a@example.org a@example.org")]
    [InlineData("a@example.org", "5.1.1", "a@example.org gone@example.org")]
    [InlineData("a@example.org", "5.1.1", "@example.org @example.org")]
    [InlineData("a@elsewhere.example", "5.7.1", "a@elsewhere.example alice@example.org")]
    [InlineData("a@elsewhere.example", "5.7.1", "@elsewhere.example alice@example.org")]
    [InlineData("out@example.org", "4.3.5", "out@example.org x@elsewhere.example")]
    public async Task An_alias_to_nobody_or_of_others_reaches_nobody(string address, string status, params string[] lines)
    {
        var road = RoadWith(lines);
        Assert.Equal(status, (await road.SendAsync(Road.Hello, address))?.Status.ToString());
        Assert.Empty(road.Store.All);
    }

    [Fact]
    public async Task A_detail_goes_with_an_alias()
    {
        var road = RoadWith("info@example.org alice@example.org bob+info@example.org");
        var details = new List<string?>();
        road.Roles.Rules.Add(new FakeRule((_, recipient, sofar) =>
        {
            details.Add(recipient.Detail);
            Assert.Equal("info+x@example.org", recipient.Address.ToString());
            return sofar;
        }));
        Assert.Null(await road.SendAsync(Road.Hello, "info+x@example.org"));
        Assert.Equal(["info", "x"], details.Order());
    }

    [Fact]
    public async Task Who_is_reached_twice_gets_one_copy()
    {
        var road = RoadWith("a@example.org alice@example.org bob@example.org", "b@example.org bob@example.org");
        Assert.Null(await road.SendAsync(Road.Hello, "a@example.org", "b@example.org", "alice@example.org"));
        Assert.Equal(["alice@example.org/INBOX", "bob@example.org/INBOX"], road.Store.All.Select(copy => copy.Place).Order());
    }

    [Fact]
    public async Task As_long_as_it_cannot_be_told_who_is_here_nobody_is_refused_for_good()
    {
        var road = new Road();
        road.UseAliases(null);
        Assert.Equal(Problem.Unavailable, await road.SendAsync(Road.Hello, "alice@example.org"));
        road.UseAliases(AliasReader.Read(["info@example.org alice@example.org"]));
        road.Roles.Directory.Fault = new(new(5, 9, 9), "away") { Reason = ProblemReason.Unavailable };
        Assert.True((await road.SendAsync(Road.Hello, "info@example.org"))!.Status.IsTransient);
    }

    [Fact]
    public async Task An_alias_elsewhere_is_queued_with_the_address_that_was_meant()
    {
        await using var rig = new QueueRig().Start();
        rig.Road.Envelope = rig.Road.Envelope with { User = null, ReversePath = new("a", "sender.example") };
        rig.Road.UseAliases(AliasReader.Read(["out@example.org bob@away.example, carol@example.org"]), rig.Queue);
        rig.Transport.Answer = _ => FakeTransport.Later();
        Assert.Null(await rig.SendAsync("out@example.org"));
        Assert.Equal("carol@example.org/INBOX", Assert.Single(rig.Road.Store.All).Place);
        var queued = Assert.Single(rig.Mail().To);
        Assert.Equal("bob@away.example", queued.Address);
        Assert.Matches("^SRS0=.*=sender.example=a@example.org$", rig.Mail().From);
        Assert.Equal("rfc822;out@example.org", queued.Terms?.OriginalRecipient);
        // And a stranger still reaches nobody elsewhere.
        Assert.Equal(new StatusCode(5, 7, 1), (await rig.SendAsync("bob@away.example"))?.Status);
    }

    [Theory]
    [InlineData("info@example.org", "alice", true)]
    [InlineData("info@example.org", "carol", false)]
    [InlineData("bob@example.org", "alice", false)]
    [InlineData("nobody@example.org", "alice", false)]
    [InlineData("info@elsewhere.example", "alice", false)]
    public async Task Who_gets_the_mail_for_an_address_may_send_in_its_name(string address, string user, bool may)
    {
        var road = RoadWith("info@example.org alice@example.org bob@example.org", "info@elsewhere.example alice@example.org");
        Assert.Equal(may ? null : Problem.NotTheirs, await road.Pipeline.MaySendAsAsync(FakeAccounts.UserOf($"{user}@example.org"), FakeAccounts.AddressOf(address), default));
    }

    [Fact]
    public async Task Loops_and_giants_have_an_end()
    {
        var wide = RoadWith([.. Enumerable.Range(0, 40).Select(i => $"a{i}@example.org " + string.Join(' ', Enumerable.Range(0, 40).Select(k => $"a{k}@example.org x{i}-{k}@example.org")))]);
        wide.Roles.Directory.Users.AddRange(Enumerable.Range(0, 1600).Select(i => FakeAccounts.UserOf($"x{i / 40}-{i % 40}@example.org")));
        Assert.Null(await wide.SendAsync(Road.Hello, "a0@example.org"));
        Assert.Equal(AliasStage.MaxTargets, wide.Store.All.Count);
        Assert.Contains(wide.Log.Lines, line => line.StartsWith("551 ", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("1: a@example.org leads to nobody: ADDRESS TARGET... is expected", "a@example.org")]
    [InlineData("2: \"bob\" is neither an address nor @domain", "# x", "a@example.org bob")]
    [InlineData("1: \"bob\" is neither an address nor @domain", "bob a@example.org")]
    [InlineData("3: A@example.org is there twice", "a@example.org b@example.org", "", "A@example.org b@example.org")]
    [InlineData("1: \"-.example\" is no domain", "a@-.example b@example.org")]
    public void A_wrong_line_is_named(string message, params string[] lines) =>
        Assert.Equal(message, Assert.Throws<FormatException>(() => AliasReader.Read(lines)).Message);

    [Fact]
    public void A_file_that_breaks_leaves_the_last_good_aliases()
    {
        using var directory = new TempDirectory();
        var path = Path.Combine(directory.Path, "aliases");
        var log = new Road.ListLog();
        var file = new AliasFile(path, log);
        Assert.Null(file.Current());
        Assert.Contains("no such file", Assert.Single(log.Lines), StringComparison.Ordinal);
        File.WriteAllText(path, "a@example.org b@example.org\n");
        Assert.Single(file.Current()!.Lines);
        File.WriteAllText(path, "a@example.org\n");
        Assert.Single(file.Current()!.Lines);
        Assert.Contains($"{path}:1: a@example.org leads to nobody", log.Lines[1], StringComparison.Ordinal);
        Assert.Same(file.Current(), file.Current());
        Assert.Equal(2, log.Lines.Count);
        File.WriteAllText(path, "");
        Assert.Empty(file.Current()!.Lines);
    }
}
