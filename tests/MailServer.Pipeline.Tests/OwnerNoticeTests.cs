using Microsoft.Extensions.Logging.Abstractions;

namespace MailServer.Pipeline.Tests;

/// <summary>What the server writes to an account's owner.</summary>
public sealed class OwnerNoticeTests
{
    [Fact]
    public async Task Broken_rules_are_told_in_a_message_that_nobody_answers_and_that_no_address_breaks()
    {
        var store = new FakeStore();
        var owner = new User { Name = "alice", Address = new("two words\"", "example.org") };
        var complaints = Enumerable.Range(1, 22).Select(i => i == 1 ? new string('é', 500) : $"{i}.csx(1,1): CS1002 ; expected").ToList();

        await new OwnerNotice(store, "mx.example.org", TimeProvider.System, NullLogger.Instance).SendAsync(owner, "the rules that sort your mail", complaints);

        var delivered = Assert.Single(store.All);
        var lines = delivered.Text.ReplaceLineEndings("\n").Split('\n');
        Assert.Equal("INBOX", delivered.Folder);
        Assert.Contains("Something is wrong with the rules that sort your mail:", lines);
        Assert.Contains("Return-Path: <>", lines);
        Assert.Contains("Auto-Submitted: auto-generated", lines);
        Assert.Contains("To: \"two words\\\"\"@example.org", lines);
        Assert.Contains($"  {new string('é', 240)}...", lines);
        Assert.Contains("  20.csx(1,1): CS1002 ; expected", lines);
        Assert.Contains("  and 2 more", lines);
        Assert.DoesNotContain(lines, line => line.Contains("21.csx", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(null, false, "alice@example.org/INBOX")] // the first account
    [InlineData("bob@example.org", false, "bob@example.org/INBOX")]
    [InlineData("bob@example.org", true, "postmaster@example.org/INBOX")]
    [InlineData("nobody@example.org", false, null)]
    public async Task What_is_wrong_with_the_administrators_rules_is_told_to_the_postmaster(string? configured, bool hasPostmaster, string? place)
    {
        var road = new Road();
        if (configured is not null)
            road.Options = road.Options with { Postmaster = FakeAccounts.AddressOf(configured) };
        if (hasPostmaster)
            road.Roles.Directory.Users.Add(FakeAccounts.UserOf("postmaster@example.org"));
        await road.Pipeline.TellPostmasterAsync(["10.csx(1,1): CS0103 The name 'Keap' does not exist"], default);
        Assert.Equal(place is null ? [] : [place], road.Store.All.Select(copy => copy.Place));
        if (place is not null)
            Assert.Contains("wrong with the administrators' rules", road.Store.All[0].Text, StringComparison.Ordinal);
        else
            Assert.Contains(road.Log.Lines, line => line.Contains("could not be told that rules do not work", StringComparison.Ordinal));
    }
}
