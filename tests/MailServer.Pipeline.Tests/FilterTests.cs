namespace MailServer.Pipeline.Tests;

/// <summary>Filters: the strictest verdict wins, scores add, each has its own time, and failures follow the configuration.</summary>
public sealed class FilterTests
{
    private static readonly Problem Later = new(new(4, 7, 1), "later");
    private static readonly Problem Never = new(new(5, 7, 1), "never");

    [Theory]
    [InlineData("continue continue", null)]
    [InlineData("defer continue", "4.7.1 later")]
    [InlineData("continue defer", "4.7.1 later")]
    [InlineData("defer reject", "5.7.1 never")]
    [InlineData("reject defer", "5.7.1 never")]
    [InlineData("quarantine continue", null)]
    [InlineData("quarantine defer", "4.7.1 later")]
    public async Task The_strictest_verdict_wins(string verdicts, string? expected)
    {
        var road = new Road();
        foreach (var verdict in verdicts.Split(' '))
            road.Roles.Filters.Add(new FakeFilter(verdict) { Message = (_, _) => new(VerdictOf(verdict)) });
        Assert.Equal(expected, Text(await road.SendAsync(Road.Hello, "alice@example.org")));
        Assert.Equal(expected is null ? 1 : 0, road.Store.All.Count);
    }

    [Fact]
    public async Task Scores_of_all_phases_add_up_and_later_filters_see_them()
    {
        var road = new Road();
        var seen = -1.0;
        road.Roles.Filters.Add(new FakeFilter("one")
        {
            Connect = (_, _) => new(Verdict.Weigh(1)),
            Sender = (_, _) => new(Verdict.Weigh(2)),
            Message = (_, _) => new(Verdict.Weigh(4)),
        });
        road.Roles.Filters.Add(new FakeFilter("two") { Message = (message, _) => Give(seen = message.JunkScore) });
        Assert.Null(await road.Pipeline.ConnectAsync(Road.Connection, default));
        Assert.Null(await road.SendAsync(Road.Hello, "alice@example.org"));
        Assert.Equal(7, seen);
        Assert.Equal(7, Assert.Single(road.Reports).JunkScore);
    }

    [Fact]
    public async Task A_rejection_ends_the_questions()
    {
        var road = new Road();
        var second = new FakeFilter("two");
        road.Roles.Filters.AddRange([new FakeFilter("one") { Message = (_, _) => new(Verdict.Refuse(Never)) }, second]);
        await road.SendAsync(Road.Hello, "alice@example.org");
        Assert.Equal(0, second.Asked);
    }

    [Fact]
    public async Task Filters_are_asked_in_the_configured_order_and_the_others_after_them()
    {
        var road = new Road();
        road.Options = road.Options with { FilterOrder = ["c", "a"] };
        List<string> asked = [];
        foreach (var name in new[] { "a", "b", "c", "d" })
            road.Roles.Filters.Add(new FakeFilter(name) { Message = (_, _) => Note(asked, name) });
        await road.SendAsync(Road.Hello, "alice@example.org");
        Assert.Equal(["c", "a", "b", "d"], asked);
    }

    [Theory]
    [InlineData(FilterFailure.Defer, "4.7.0 Temporary failure of a check, try again later", "deferred")]
    [InlineData(FilterFailure.Skip, null, "skipped")]
    public async Task A_filter_that_throws_follows_on_failure(FilterFailure onFailure, string? expected, string word)
    {
        var road = new Road();
        road.Options = road.Options with { Filters = new Dictionary<string, FilterLimit> { ["bad"] = new() { OnFailure = onFailure } } };
        road.Roles.Filters.Add(new FakeFilter("bad") { Message = (_, _) => throw new InvalidOperationException("broken\nin two") });
        Assert.Equal(expected, Text(await road.SendAsync(Road.Hello, "alice@example.org")));
        Assert.Contains(road.Log.Lines, line => line.EndsWith($"filter bad of plugin test failed at message, {word}: InvalidOperationException: broken in two", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_filter_that_is_too_slow_follows_on_failure(bool listens)
    {
        var road = new Road();
        road.Options = road.Options with { Filters = new Dictionary<string, FilterLimit> { ["slow"] = new() { TimeLimit = TimeSpan.FromSeconds(4), OnFailure = FilterFailure.Skip } } };
        var never = new TaskCompletionSource<Verdict>();
        road.Roles.Filters.Add(new FakeFilter("slow") { Message = (_, token) => new(listens ? never.Task.WaitAsync(token) : never.Task) });
        var sent = road.SendAsync(Road.Hello, "alice@example.org");
        road.Time.Advance(TimeSpan.FromSeconds(3.9));
        Assert.False(sent.IsCompleted);
        road.Time.Advance(TimeSpan.FromSeconds(0.2));
        Assert.Null(await sent);
        Assert.Contains(road.Log.Lines, line => line.EndsWith("filter slow of plugin test failed at message, skipped: took longer than 4 s", StringComparison.Ordinal));
        Assert.Single(road.Store.All);
    }

    [Fact]
    public async Task Without_a_table_a_failing_filter_defers()
    {
        var road = new Road();
        road.Roles.Filters.Add(new FakeFilter("x") { Sender = (_, _) => throw new IOException("away") });
        await using var mail = await road.Pipeline.BeginAsync(road.Envelope, default);
        Assert.Equal(new StatusCode(4, 7, 0), mail.SenderProblem?.Status);
    }

    [Fact]
    public async Task Giving_up_is_no_failure_of_the_filter()
    {
        var road = new Road();
        using var end = new CancellationTokenSource();
        road.Roles.Filters.Add(new FakeFilter("x") { Message = (_, token) => new(Task.Delay(Timeout.Infinite, token).ContinueWith(_ => Verdict.Continue, token)) });
        await using var mail = await road.Pipeline.BeginAsync(road.Envelope, default);
        await mail.AddRecipientAsync(FakeAccounts.AddressOf("alice@example.org"), default);
        var commit = mail.CommitAsync(end.Token);
        await end.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await commit);
        Assert.DoesNotContain(road.Log.Lines, line => line.StartsWith("506", StringComparison.Ordinal));
        Assert.Empty(road.Store.All);
    }

    [Fact]
    public async Task A_refused_connection_sender_or_recipient_says_why()
    {
        var road = new Road();
        road.Roles.Filters.Add(new FakeFilter("x")
        {
            Connect = (_, _) => new(Verdict.Refuse(Never)),
            Sender = (_, _) => new(Verdict.Refuse(Later)),
        });
        Assert.Equal(Never, await road.Pipeline.ConnectAsync(Road.Connection, default));
        await using var mail = await road.Pipeline.BeginAsync(road.Envelope, default);
        Assert.Equal(Later, mail.SenderProblem);
        Assert.Equal(Later, await mail.AddRecipientAsync(FakeAccounts.AddressOf("alice@example.org"), default));
        Assert.Equal(Later, await mail.CommitAsync(default));
    }

    [Fact]
    public async Task One_recipient_may_be_refused_and_the_other_served()
    {
        var road = new Road();
        road.Roles.Filters.Add(new FakeFilter("x") { Recipient = (recipient, _) => new(recipient.LocalPart == "bob" ? Verdict.Refuse(Later) : Verdict.Continue) });
        await using var mail = await road.Pipeline.BeginAsync(road.Envelope, default);
        Assert.Equal(Later, await mail.AddRecipientAsync(FakeAccounts.AddressOf("bob@example.org"), default));
        Assert.Null(await mail.AddRecipientAsync(FakeAccounts.AddressOf("alice@example.org"), default));
        Assert.Null(await mail.CommitAsync(default));
        Assert.Equal("alice@example.org/INBOX", Assert.Single(road.Store.All).Place);
    }

    [Fact]
    public async Task A_refusals_text_is_one_line_of_ascii_and_its_status_a_refusal()
    {
        var road = new Road();
        road.Roles.Filters.Add(new FakeFilter("x") { Message = (_, _) => new(Verdict.Refuse(new(new(2, 0, 0), "bad\r\n250 ok é"))) });
        Assert.Equal("5.7.1 bad??250 ok ?", Text(await road.SendAsync(Road.Hello, "alice@example.org")));
    }

    [Fact]
    public async Task Infinite_scores_do_not_count()
    {
        var road = new Road();
        road.Roles.Filters.Add(new FakeFilter("x") { Message = (_, _) => new(Verdict.Weigh(double.NaN)) });
        road.Roles.Filters.Add(new FakeFilter("y") { Message = (_, _) => new(Verdict.Weigh(2)) });
        await road.SendAsync(Road.Hello, "alice@example.org");
        Assert.Equal(2, Assert.Single(road.Reports).JunkScore);
    }

    private static Verdict VerdictOf(string name) => name switch
    {
        "defer" => Verdict.Refuse(Later),
        "reject" => Verdict.Refuse(Never),
        "quarantine" => Verdict.Quarantine(1),
        _ => Verdict.Continue,
    };

    private static string? Text(Problem? problem) => problem is null ? null : $"{problem.Status} {problem.Text}";

    private static ValueTask<Verdict> Give(double score) => new(Verdict.Weigh(score * 0));

    private static ValueTask<Verdict> Note(List<string> asked, string name)
    {
        asked.Add(name);
        return new(Verdict.Continue);
    }
}
