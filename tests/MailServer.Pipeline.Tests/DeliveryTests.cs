namespace MailServer.Pipeline.Tests;

/// <summary>What is acknowledged is on disk; what fails never costs the mail.</summary>
public sealed class DeliveryTests
{
    private static readonly FolderName Work = new("Work");

    [Fact]
    public async Task Every_recipient_gets_a_copy()
    {
        var road = new Road();
        var users = Enumerable.Range(0, 1000).Select(i => FakeAccounts.UserOf($"user{i}@example.org")).ToList();
        road.Roles.Directory.Users.AddRange(users);
        Assert.Null(await road.SendAsync(Road.Hello, [.. users.Select(user => user.Address.ToString())]));
        Assert.Equal(users.Select(user => $"{user.Address}/INBOX").Order(), road.Store.All.Select(copy => copy.Place).Order());
        Assert.Equal(1000, road.Reports.Count);
        Assert.All(road.Reports, report => Assert.Single(report.Paths));
    }

    [Fact]
    public async Task A_recipient_named_twice_gets_one_copy()
    {
        var road = new Road();
        Assert.Null(await road.SendAsync(Road.Hello, "alice@example.org", "alice@example.org", "alice+x@example.org"));
        Assert.Equal("alice@example.org/INBOX", Assert.Single(road.Store.All).Place);
        Assert.Equal(2, road.Reports.Count);
    }

    [Fact]
    public async Task Two_details_of_one_account_may_go_to_two_folders()
    {
        var road = new Road();
        road.Roles.Rules.Add(new FakeRule((_, recipient, sofar) => recipient.Detail is { } detail ? sofar with { Folder = new(detail) } : sofar));
        Assert.Null(await road.SendAsync(Road.Hello, "alice+a@example.org", "alice+b@example.org"));
        Assert.Equal(["alice@example.org/a", "alice@example.org/b"], road.Store.All.Select(copy => copy.Place).Order());
    }

    [Fact]
    public async Task When_no_copy_can_be_stored_the_peer_is_told_the_reason()
    {
        var road = new Road();
        road.Store.Fault = (_, _) => Problem.StorageFull;
        Assert.Equal(Problem.StorageFull, await road.SendAsync(Road.Hello, "alice@example.org", "bob@example.org"));
        Assert.Equal(2, road.Reports.Count(report => report.Problem == Problem.StorageFull));
        Assert.DoesNotContain(road.Log.Lines, line => line.StartsWith("500", StringComparison.Ordinal));
    }

    [Fact]
    public async Task When_one_copy_fails_the_peer_comes_again_and_only_the_missing_one_is_written()
    {
        var road = new Road();
        var isBroken = true;
        road.Store.Fault = (user, _) => isBroken && user.Address.LocalPart == "bob" ? new(new(5, 2, 2), "Mailbox full") : null;
        var first = await road.SendAsync(Road.Hello, "alice@example.org", "bob@example.org", "carol@example.org");
        Assert.Equal("4.2.2 Mailbox full", $"{first?.Status} {first?.Text}");
        Assert.Equal(["alice@example.org/INBOX", "carol@example.org/INBOX"], road.Store.All.Select(copy => copy.Place).Order());

        isBroken = false;
        Assert.Null(await road.SendAsync(Road.Hello, "alice@example.org", "bob@example.org", "carol@example.org"));
        Assert.Equal(["alice@example.org/INBOX", "bob@example.org/INBOX", "carol@example.org/INBOX"], road.Store.All.Select(copy => copy.Place).Order());

        // The same text sent anew is another message.
        Assert.Null(await road.SendAsync(Road.Hello, "alice@example.org"));
        Assert.Equal(4, road.Store.All.Count);
    }

    [Fact]
    public async Task Another_message_meanwhile_is_not_taken_for_the_one_that_comes_again()
    {
        var road = new Road();
        road.Store.Fault = (user, _) => user.Address.LocalPart == "bob" ? Problem.Unavailable : null;
        Assert.NotNull(await road.SendAsync(Road.Hello, "alice@example.org", "bob@example.org"));
        Assert.Null(await road.SendAsync(Road.Hello + "other\r\n", "alice@example.org"));
        Assert.Equal(2, road.Store.All.Count);
    }

    [Fact]
    public async Task What_was_partly_delivered_is_forgotten_after_the_peer_has_given_up()
    {
        var road = new Road();
        road.Store.Fault = (user, _) => user.Address.LocalPart == "bob" ? Problem.Unavailable : null;
        Assert.NotNull(await road.SendAsync(Road.Hello, "alice@example.org", "bob@example.org"));
        road.Time.Advance(TimeSpan.FromDays(5));
        Assert.Null(await road.SendAsync(Road.Hello, "alice@example.org"));
        Assert.Equal(2, road.Store.All.Count);
    }

    [Fact]
    public async Task A_folder_that_cannot_be_used_means_INBOX()
    {
        var road = new Road();
        road.Roles.Rules.Add(new FakeRule((_, _, sofar) => sofar with { Folder = Work, Flags = [@"\Flagged", "$Work"] }));
        road.Store.Fault = (_, folder) => folder == Work ? Problem.Unavailable : null;
        Assert.Null(await road.SendAsync(Road.Hello, "alice@example.org"));
        var copy = Assert.Single(road.Store.All);
        Assert.Equal("alice@example.org/INBOX", copy.Place);
        Assert.Equal(new MessageFlags { System = SystemFlags.Flagged, Keywords = ["$Work"] }, copy.Flags);
        var report = Assert.Single(road.Reports);
        Assert.Equal(FolderName.Inbox, report.Delivery.Folder);
        Assert.Equal("Work cannot be used, INBOX instead", report.Delivery.Steps[^1].Action);
        Assert.Contains(road.Log.Lines, line => line.StartsWith("508", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(4)]
    [InlineData(5)]
    public async Task In_an_account_that_is_full_INBOX_is_not_tried_and_the_sender_is_told(byte status)
    {
        var road = new Road();
        var tries = new List<FolderName>();
        road.Roles.Rules.Add(new FakeRule((_, _, sofar) => sofar with { Folder = Work }));
        road.Store.Fault = (user, folder) =>
        {
            tries.Add(folder);
            return user.Address.LocalPart == "alice" ? new(new(status, 2, 2), "Mailbox full") { Reason = ProblemReason.OverQuota } : null;
        };
        Assert.Equal(new StatusCode(status, 2, 2), (await road.SendAsync(Road.Hello, "alice@example.org"))?.Status);
        Assert.Equal([Work], tries);
        Assert.DoesNotContain(road.Log.Lines, line => line.StartsWith("508", StringComparison.Ordinal));
        Assert.Empty(Assert.Single(road.Reports).Delivery.Steps);

        // Where others have their copy, no final no may be said.
        Assert.Equal(new StatusCode(4, 2, 2), (await road.SendAsync(Road.Hello, "alice@example.org", "bob@example.org"))?.Status);
        Assert.Equal("bob@example.org/Work", Assert.Single(road.Store.All).Place);
    }

    [Fact]
    public async Task A_folder_that_cannot_be_used_makes_no_second_copy_in_INBOX()
    {
        var road = new Road();
        road.Roles.Rules.Add(new FakeRule((_, _, sofar) => sofar with { Copies = [Work] }));
        road.Store.Fault = (_, folder) => folder == Work ? Problem.Unavailable : null;
        Assert.Null(await road.SendAsync(Road.Hello, "alice@example.org"));
        Assert.Equal("alice@example.org/INBOX", Assert.Single(road.Store.All).Place);
    }

    [Fact]
    public async Task A_store_that_throws_is_a_store_that_fails()
    {
        var road = new Road();
        road.Store.Fault = (user, _) => user.Address.LocalPart == "bob" ? throw new InvalidOperationException("bug") : null;
        Assert.Equal(new StatusCode(4, 3, 0), (await road.SendAsync(Road.Hello, "alice@example.org", "bob@example.org"))?.Status);
        Assert.Equal("alice@example.org/INBOX", Assert.Single(road.Store.All).Place);
    }

    [Fact]
    public async Task Copies_and_flags_go_to_every_folder()
    {
        var road = new Road();
        road.Roles.Rules.Add(new FakeRule((_, _, sofar) => sofar with { Folder = Work, Copies = [FolderName.Inbox, Work], Flags = [@"\seen", "$A", "$a", "no good", "\\Recent"] }));
        Assert.Null(await road.SendAsync(Road.Hello, "alice@example.org"));
        Assert.Equal(["alice@example.org/INBOX", "alice@example.org/Work"], road.Store.All.Select(copy => copy.Place).Order());
        Assert.All(road.Store.All, copy => Assert.Equal(new MessageFlags { System = SystemFlags.Seen, Keywords = ["$A"] }, copy.Flags));
        Assert.Equal(2, road.Log.Lines.Count(line => line.StartsWith("515", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_discarded_message_is_accepted_and_written_nowhere()
    {
        var road = new Road();
        road.Roles.Rules.Add(new FakeRule((_, _, sofar) => sofar with { Folder = null }));
        Assert.Null(await road.SendAsync(Road.Hello, "alice@example.org"));
        Assert.Empty(road.Store.All);
        Assert.Null(Assert.Single(road.Reports).Delivery.Folder);
    }

    [Theory]
    [InlineData("throws")]
    [InlineData("null")]
    [InlineData("bad folder")]
    [InlineData("redirect")]
    public async Task A_rule_that_fails_means_INBOX_beside_what_earlier_ones_decided(string failure)
    {
        var road = new Road();
        road.Roles.Rules.Add(new FakeRule((_, _, sofar) => sofar with { Folder = Work }));
        road.Roles.Rules.Add(new FakeRule((_, _, sofar) => failure switch
        {
            "throws" => throw new InvalidOperationException("bug"),
            "null" => null,
            "bad folder" => sofar with { Folder = new("../../etc") },
            _ => sofar with { Redirects = [new("x", "elsewhere.example")] },
        }));
        road.Roles.Rules.Add(new FakeRule((_, _, sofar) => failure == "redirect" ? sofar : throw new InvalidOperationException("not to be asked")));
        Assert.Null(await road.SendAsync(Road.Hello, "alice@example.org"));
        Assert.Equal(["alice@example.org/INBOX", "alice@example.org/Work"], road.Store.All.Select(copy => copy.Place).Order());
        Assert.Single(road.Log.Lines, line => line.StartsWith("507", StringComparison.Ordinal) || line.StartsWith("553", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_final_decision_is_the_last()
    {
        var road = new Road();
        road.Roles.Rules.Add(new FakeRule((_, _, sofar) => sofar with { Folder = Work, IsFinal = true }));
        road.Roles.Rules.Add(new FakeRule((_, _, sofar) => sofar with { Folder = new("Other") }));
        Assert.Null(await road.SendAsync(Road.Hello, "alice@example.org"));
        Assert.Equal("alice@example.org/Work", Assert.Single(road.Store.All).Place);
    }

    [Fact]
    public async Task An_observer_that_throws_loses_no_mail()
    {
        var road = new Road { Observer = _ => throw new InvalidOperationException("journal full") };
        Assert.Null(await road.SendAsync(Road.Hello, "alice@example.org", "bob@example.org"));
        Assert.Equal(2, road.Store.All.Count);
        Assert.Equal(2, road.Log.Lines.Count(line => line.StartsWith("513", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_peer_that_goes_away_while_copies_are_written_changes_nothing()
    {
        var road = new Road();
        using var gone = new CancellationTokenSource();
        road.Store.Fault = (_, _) =>
        {
            gone.Cancel();
            return null;
        };
        await using var mail = await road.Pipeline.BeginAsync(road.Envelope, default);
        await mail.AddRecipientAsync(FakeAccounts.AddressOf("alice@example.org"), default);
        await mail.AddRecipientAsync(FakeAccounts.AddressOf("bob@example.org"), default);
        Assert.Null(await mail.CommitAsync(gone.Token));
        Assert.Equal(2, road.Store.All.Count);
    }

    [Fact]
    public async Task Logs_name_addresses_and_sizes_and_no_subject()
    {
        var road = new Road();
        await road.SendAsync(Road.Hello, "alice@example.org");
        var id = Assert.Single(road.Reports).MessageId;
        Assert.Contains($"500 c1: {id}: accepted from <a@sender.example> for <alice@example.org>, {Road.Hello.Length} bytes, score 0", road.Log.Lines);
        Assert.Contains($"501 {id}: <alice@example.org> delivered to alice@example.org: INBOX", road.Log.Lines);
        Assert.DoesNotContain(road.Log.Lines, line => line.Contains("hello", StringComparison.Ordinal));
    }
}
