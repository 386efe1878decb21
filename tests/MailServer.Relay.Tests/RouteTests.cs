using MailServer.TestKit;

namespace MailServer.Relay.Tests;

public sealed class RouteTests
{
    [Fact]
    public async Task Mail_goes_to_the_server_that_is_preferred_and_to_the_next_when_it_is_away()
    {
        await using var dns = new FakeDns();
        await using var rig = await StartAsync(dns);
        dns.WithMx("e.example", 20, "second.e.example").WithMx("e.example", 10, "first.e.example")
            .WithAddress("first.e.example", "127.0.0.2").WithAddress("second.e.example", "127.0.0.1");
        // Nobody listens on 127.0.0.2.
        var result = await rig.SendAsync(recipient: "bob@e.example");
        Assert.Null(result.Problem);
        Assert.Equal("second.e.example", result.Server);
        Assert.Single(rig.Peer.Messages);
    }

    [Fact]
    public async Task A_domain_without_mx_takes_its_mail_itself()
    {
        await using var dns = new FakeDns();
        await using var rig = await StartAsync(dns);
        dns.WithAddress("e.example", "127.0.0.1");
        Assert.Equal("e.example", (await rig.SendAsync(recipient: "bob@e.example")).Server);
    }

    [Theory]
    [InlineData("null.example", "5.1.10", false)]
    [InlineData("gone.example", "5.1.2", false)]
    [InlineData("empty.example", "5.1.2", false)]
    [InlineData("fails.example", "4.4.3", true)]
    [InlineData("self.example", "5.4.6", false)]
    [InlineData("half.example", "4.4.3", true)]
    public async Task What_dns_says_decides(string domain, string status, bool isUnreachable)
    {
        await using var dns = new FakeDns();
        await using var rig = await StartAsync(dns);
        dns.WithMx("null.example", 0, "").WithCode("gone.example", 3).WithCode("fails.example", 2)
            .WithMx("self.example", 10, "mx.example.org").WithMx("self.example", 20, "worse.example").WithAddress("worse.example", "127.0.0.1")
            .WithMx("half.example", 10, "fails.example");
        var result = await rig.SendAsync(recipient: $"bob@{domain}");
        Assert.Equal((status, isUnreachable), (result.Problem?.Status.ToString(), result.IsUnreachable));
        Assert.Empty(rig.Peer.Messages);
    }

    [Fact]
    public async Task Who_is_better_than_ourselves_still_gets_it()
    {
        await using var dns = new FakeDns();
        await using var rig = await StartAsync(dns);
        dns.WithMx("e.example", 20, "mx.example.org").WithMx("e.example", 10, "better.example").WithAddress("better.example", "127.0.0.1");
        Assert.Equal("better.example", (await rig.SendAsync(recipient: "bob@e.example")).Server);
    }

    [Fact]
    public async Task Nobody_makes_us_talk_to_ourselves()
    {
        await using var dns = new FakeDns();
        await using var rig = await StartAsync(dns, allowsLoopback: false);
        dns.WithMx("e.example", 10, "local.e.example").WithAddress("local.e.example", "127.0.0.1").WithAddress("local.e.example", "0.0.0.0");
        Assert.Equal("5.1.2", (await rig.SendAsync(recipient: "bob@e.example")).Problem?.Status.ToString());
        Assert.Equal(0, rig.Peer.Connections);
    }

    [Theory]
    [InlineData("220 2.0.0 Go on")]
    [InlineData("454 4.7.0 Not now")]
    public async Task Tls_is_used_where_it_works_and_done_without_where_it_does_not(string answer)
    {
        await using var dns = new FakeDns();
        await using var rig = await StartAsync(dns);
        dns.WithAddress("e.example", "127.0.0.1");
        rig.Peer.Certificate = Peer.NewCertificate("somebody.else.example");
        rig.Peer.Extensions.Add("STARTTLS");
        rig.Peer.Answer = line => line == "STARTTLS" ? answer : null;
        Assert.Null((await rig.SendAsync(recipient: "bob@e.example")).Problem);
        Assert.Equal(answer[0] == '2' ? 1 : 2, rig.Peer.Connections);
        Assert.Single(rig.Peer.Messages);
    }

    [Theory]
    [InlineData("alice@example.org", "bob@elsewhere.example", "rest")]
    [InlineData("alice@work.example", "bob@elsewhere.example", "work")]
    [InlineData("ALICE@home.example", "bob@elsewhere.example", "work")]
    [InlineData("bob@home.example", "bob@elsewhere.example", "rest")]
    [InlineData("bob@sub.work.example", "bob@elsewhere.example", "rest")]
    [InlineData("alice@work.example", "bob@partner.example", "work")]
    [InlineData("alice@example.org", "bob@partner.example", "partner")]
    [InlineData("alice@example.org", "bob@sub.partner.example", "partner")]
    [InlineData("", "bob@partner.example", "partner")]
    [InlineData("", "bob@elsewhere.example", "rest")]
    public async Task The_first_route_that_fits_sender_and_domain_is_taken(string sender, string recipient, string route)
    {
        await using var work = new Peer { Greeting = "220 work" };
        await using var partner = new Peer { Greeting = "220 partner" };
        await using var rig = new Rig();
        await rig.LoadAsync(
            ("smarthost", $"127.0.0.1:{rig.Peer.Port}"), ("tls", "none"), ("routes", new[] { "work", "partner" }),
            ("work", new TestConfig(("senders", new[] { "work.example", "alice@home.example" }), ("smarthost", $"127.0.0.1:{work.Port}"), ("tls", "none"), ("source_addresses", new[] { "127.0.0.2" }))),
            ("partner", new TestConfig(("recipients", new[] { "partner.example", ".partner.example" }), ("smarthost", $"127.0.0.1:{partner.Port}"), ("tls", "none"))));
        var from = sender.Length == 0 ? (EmailAddress?)null : Rig.AddressOf(sender);
        var results = await rig.SendAsync(new Rig.Message("Subject: x\r\n\r\nx\r\n") { ReversePath = from }, recipient);
        Assert.Null(results[0].Problem);
        Assert.Equal(route, work.Messages.Count == 1 ? "work" : partner.Messages.Count == 1 ? "partner" : rig.Peer.Messages.Count == 1 ? "rest" : "");
        Assert.Equal(route == "rest" ? "127.0.0.1" : $"127.0.0.1 ({route})", rig.Transport.DestinationOf(from, Rig.AddressOf(recipient).Domain));
    }

    [Fact]
    public async Task Mail_that_no_route_takes_waits()
    {
        await using var rig = new Rig();
        await rig.LoadAsync(("routes", new[] { "work" }), ("work", new TestConfig(("senders", new[] { "work.example" }), ("smarthost", $"127.0.0.1:{rig.Peer.Port}"), ("tls", "none"))));
        Assert.Equal("4.3.5", (await rig.SendAsync()).Problem?.Status.ToString());
        Assert.Equal(0, rig.Peer.Connections);
    }

    [Theory]
    [InlineData("senders", "a b", "senders")]
    [InlineData("recipients", "a@b.example", "recipients")]
    [InlineData("source_addresses", "here", "source_addresses")]
    [InlineData("nothing", "x", "recipients")]
    public async Task A_route_that_makes_no_sense_is_refused(string key, string value, string named)
    {
        await using var rig = new Rig();
        var table = new TestConfig(("smarthost", "127.0.0.1:25"), (key, new[] { value }), key == "source_addresses" ? ("senders", (object)new[] { "a.example" }) : ("direct", (object)false));
        var error = await Assert.ThrowsAsync<ConfigException>(() => rig.LoadAsync(("routes", new[] { "work" }), ("work", table)));
        Assert.Contains(named, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Each_domain_is_a_destination_of_its_own_but_a_smarthost_is_one_for_all()
    {
        await using var dns = new FakeDns();
        await using var rig = await StartAsync(dns);
        Assert.Equal("e.example", rig.Transport.DestinationOf("e.example"));
        await using var other = await Rig.StartAsync();
        Assert.Equal("127.0.0.1", other.Transport.DestinationOf("e.example"));
    }

    private static async Task<Rig> StartAsync(FakeDns dns, bool allowsLoopback = true)
    {
        var rig = new Rig();
        await rig.LoadAsync(
            ("direct", true), ("nameservers", new[] { dns.Address }), ("mx_port", (long)rig.Peer.Port), ("ipv6", false), ("allow_loopback", allowsLoopback));
        return rig;
    }
}
