using System.Text;
using MailServer.Accounts;

namespace MailServer.Pipeline.Tests;

/// <summary>Each recipient has its own answer where the protocol can give it (RFC 2033 §4.2).</summary>
public sealed class EachTests
{
    private static async Task<string[]> SendAsync(Road road, params string[] recipients)
    {
        await using var mail = await road.Pipeline.BeginAsync(road.Envelope, default);
        foreach (var recipient in recipients)
            Assert.Null(await mail.AddRecipientAsync(FakeAccounts.AddressOf(recipient), default));
        await mail.Body.WriteAsync(Encoding.UTF8.GetBytes(Road.Hello));
        return [.. (await mail.CommitEachAsync(recipients.Length, default)).Select(problem => problem?.Status.ToString() ?? "ok")];
    }

    [Fact]
    public async Task Whose_copy_cannot_be_stored_is_told_and_the_others_have_theirs()
    {
        var road = new Road();
        road.Store.Fault = (user, _) => user.Address.LocalPart == "bob" ? new(new(5, 2, 2), "Mailbox full") : null;
        Assert.Equal(["ok", "5.2.2", "ok", "5.2.2"], await SendAsync(road, "alice@example.org", "bob@example.org", "carol@example.org", "bob@example.org"));
        Assert.Equal(["alice@example.org/INBOX", "carol@example.org/INBOX"], road.Store.All.Select(copy => copy.Place).Order());
        // Nothing is remembered of it: who comes again comes for bob alone.
        Assert.Equal(["ok"], await SendAsync(road, "alice@example.org"));
        Assert.Equal(3, road.Store.All.Count);
    }

    [Fact]
    public async Task A_rules_refusal_is_the_answer_of_one()
    {
        var road = new Road();
        road.Roles.Rules.Add(new FakeRule((_, recipient, sofar) => recipient.Account.Name.StartsWith("bob", StringComparison.Ordinal) ? sofar with { Folder = null, Refusal = "closed" } : sofar));
        Assert.Equal(["ok", "5.7.1"], await SendAsync(road, "alice@example.org", "bob@example.org"));
        Assert.Equal("alice@example.org/INBOX", Assert.Single(road.Store.All).Place);
        Assert.Equal(["5.7.1", "5.7.1"], await SendAsync(road, "bob@example.org", "bob+x@example.org"));
    }

    [Fact]
    public async Task What_holds_for_the_message_holds_for_all()
    {
        var road = new Road();
        road.Roles.Filters.Add(new FakeFilter("f") { Message = (_, _) => new(Verdict.Refuse(new(new(5, 7, 1), "junk"))) });
        Assert.Equal(["5.7.1", "5.7.1"], await SendAsync(road, "alice@example.org", "bob@example.org"));
        var full = new Road();
        full.Store.SealFault = Problem.StorageFull;
        Assert.Equal(["4.3.1", "4.3.1"], await SendAsync(full, "alice@example.org", "bob@example.org"));
    }

    [Fact]
    public async Task An_alias_has_its_copies_when_all_have_theirs()
    {
        var road = new Road();
        road.UseAliases(AliasReader.Read(["all@example.org alice@example.org bob@example.org"]));
        road.Store.Fault = (user, _) => user.Address.LocalPart == "bob" ? Problem.StorageFull : null;
        Assert.Equal(["4.3.1", "ok"], await SendAsync(road, "all@example.org", "alice@example.org"));
    }
}
