namespace MailServer.Pipeline.Tests;

/// <summary>A rule's refusal is the answer to the peer when all refuse, and otherwise costs nobody a mail (RFC 5429).</summary>
public sealed class RefusalTests
{
    private static Road RoadWith(Func<Recipient, Delivery, Delivery> rule)
    {
        var road = new Road();
        road.Roles.Rules.Add(new FakeRule((_, recipient, sofar) => rule(recipient, sofar)));
        return road;
    }

    private static Delivery Refuse(Delivery sofar, string text) =>
        sofar with { Folder = null, Refusal = text, Steps = [.. sofar.Steps, new() { Rule = "10.csx", Line = 3, Action = $"Reject(\"{text}\")" }] };

    [Theory]
    [InlineData("This address is closed.", "This address is closed.")]
    [InlineData("", "The recipient does not take this message")]
    [InlineData("Geschlossen für immer", "The recipient does not take this message")]
    [InlineData("two\r\n250 lines", "two 250 lines")]
    public async Task When_all_refuse_the_peer_is_told_so_and_nothing_is_stored(string text, string answer)
    {
        var road = RoadWith((_, sofar) => Refuse(sofar, text));
        var problem = await road.SendAsync(Road.Hello, "alice@example.org", "bob@example.org");
        Assert.Equal($"5.7.1 {answer}", $"{problem?.Status} {problem?.Text}");
        Assert.Empty(road.Store.All);
        Assert.Equal(2, road.Reports.Count(report => report.Problem == problem && report.Written.Count == 0 && report.Deciding?.Line == 3));
        Assert.Contains(road.Log.Lines, line => line.StartsWith("516 ", StringComparison.Ordinal) && line.EndsWith($"<alice@example.org> refused by 10.csx(3): {answer}", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_long_text_is_cut_to_what_one_reply_holds()
    {
        var road = RoadWith((_, sofar) => Refuse(sofar, new string('x', 5000)));
        var problem = await road.SendAsync(Road.Hello, "alice@example.org");
        Assert.InRange(problem!.Text.Length, 200, 400);
    }

    [Fact]
    public async Task When_others_take_it_who_refuses_keeps_it_in_INBOX_and_the_journal_says_why()
    {
        var road = RoadWith((recipient, sofar) => recipient.Account.Name.StartsWith("alice", StringComparison.Ordinal) ? Refuse(sofar, "no") : sofar);
        Assert.Null(await road.SendAsync(Road.Hello, "alice@example.org", "bob@example.org"));
        Assert.Equal(["alice@example.org/INBOX", "bob@example.org/INBOX"], road.Store.All.Select(copy => copy.Place).Order());
        var report = road.Reports.Single(report => report.Recipient.Account.Name == "alice@example.org");
        Assert.Equal("other recipients take it, so it is not refused but kept in INBOX", report.Delivery.Steps[^1].Action);
        Assert.Equal("10.csx", report.Delivery.Steps[^1].Rule);
        Assert.Null(report.Delivery.Refusal);
    }

    [Fact]
    public async Task Who_has_a_copy_has_not_refused()
    {
        var road = RoadWith((_, sofar) => Refuse(sofar, "no") with { Copies = [new("A")] });
        Assert.Null(await road.SendAsync(Road.Hello, "alice@example.org"));
        Assert.Equal("alice@example.org/A", Assert.Single(road.Store.All).Place);
    }

    [Fact]
    public async Task Who_discards_takes_it()
    {
        var road = RoadWith((recipient, sofar) => recipient.Detail is null ? Refuse(sofar, "no") : sofar with { Folder = null });
        Assert.Null(await road.SendAsync(Road.Hello, "alice@example.org", "alice+x@example.org"));
        Assert.Equal("alice@example.org/INBOX", Assert.Single(road.Store.All).Place);
    }

    [Fact]
    public async Task Flags_of_one_folder_are_for_its_copy_alone()
    {
        var road = RoadWith((_, sofar) => sofar with
        {
            Folder = new("A"),
            Copies = [new("B"), FolderName.Inbox],
            Flags = [@"\Flagged"],
            FlagsIn = new Dictionary<FolderName, IReadOnlyList<string>> { [new("B")] = [@"\Seen", "$Copy"], [FolderName.Inbox] = [] },
        });
        Assert.Null(await road.SendAsync(Road.Hello, "alice@example.org"));
        Assert.Equal(
            ["A Flagged ", "B Seen $Copy", "INBOX None "],
            road.Store.All.Select(copy => $"{copy.Folder} {copy.Flags.System} {string.Join(',', copy.Flags.Keywords)}").Order());
    }
}
