using MailServer.Pipeline;
using Microsoft.Extensions.Time.Testing;

namespace MailServer.Rules.Tests;

/// <summary>Tests that lie beside scripts: what they ask, what they say, and that a version which fails them never goes into service.</summary>
public sealed class ScriptTestTests
{
    private const string Rule = """
        if (Mail.Subject.Has("receipt"))
        {
            FileInto("Receipts");
            AddFlag(Seen);
            CopyTo("Paper");
        }
        if (Mail.JunkScore >= 5 || !Mail.IsAuthentic && Mail.From.IsIn("bank.example"))
            FileInto("Junk");
        if (Detail == "shop") FileInto("Shopping");
        if (Mail.Subject.Has("drop")) Discard();
        if (Mail.Subject.Has("books")) { Redirect("books@b.example", copy: true); Vacation("away"); Notify("me@phone.example"); }
        if (Mail.Subject.Has("throw")) throw new InvalidOperationException("no");
        """;

    [Theory]
    [InlineData("receipt", "folder: Receipts\ncopies: Paper\nflags: \\Seen", null)]
    [InlineData("receipt", "# a remark\n\nfolder: Receipts\ncopies: Paper", null)]
    [InlineData("receipt", "copies: Receipts, Paper", null)]
    [InlineData("receipt", "folder: Receipts", "tests/one.expect(1,1): asked for Receipts, got Receipts, Paper by 10.csx:5 CopyTo(\"Paper\")")]
    [InlineData("hello", "folder: Receipts\ncopies: Paper", "tests/one.expect(1,1): asked for Receipts, Paper, got INBOX, no rule spoke")]
    [InlineData("receipt", "\nflags: \\Flagged", "tests/one.expect(2,1): asked for flags \\Flagged, got \\Seen by 10.csx:5 CopyTo(\"Paper\")")]
    [InlineData("receipt", "flags: none", "tests/one.expect(1,1): asked for flags none, got \\Seen by 10.csx:5 CopyTo(\"Paper\")")]
    [InlineData("hello", "folder: INBOX\nflags: none", null)]
    [InlineData("hello", "score: 6.5\nfolder: Junk\nby: 10.csx:8", null)]
    [InlineData("hello", "score: 6.5\nby: 10.csx:7", "tests/one.expect(2,1): asked for a decision by 10.csx:7, got 10.csx:8")]
    [InlineData("hello", "by: 10.csx", "tests/one.expect(1,1): asked for a decision by 10.csx, got none")]
    [InlineData("hello", "recipient: alice+shop@example.org\nfolder: Shopping", null)]
    [InlineData("hello", "detail: shop\nfolder: Shopping", null)]
    [InlineData("drop", "discarded", null)]
    [InlineData("hello", "discarded", "tests/one.expect(1,1): asked for discarded, got INBOX, no rule spoke")]
    [InlineData("drop", "folder: INBOX", "tests/one.expect(1,1): asked for INBOX, got discarded by 10.csx:10 Discard()")]
    [InlineData("throw", "folder: INBOX", "tests/one.expect: 10.csx:12 failed, kept in INBOX: InvalidOperationException: no")]
    [InlineData("books", "sender: a@sender.example\nrecipient: alice@example.org\nredirected: books@b.example\nanswered: yes\nnotified: me@phone.example", null)]
    [InlineData("books", "answered: yes", "tests/one.expect(1,1): asked for an answer, got none by 10.csx:11 Redirect(\"books@b.example\", copy: true)")]
    [InlineData("books", "redirected: none", "tests/one.expect(1,1): asked to be sent on to nobody, got books@b.example by 10.csx:11 Redirect(\"books@b.example\", copy: true)")]
    [InlineData("hello", "redirected: books@b.example\nnotified: x@y.example", "tests/one.expect(1,1): asked to be sent on to books@b.example, got nobody, no rule spoke", "tests/one.expect(2,1): asked for a notice to x@y.example, got nobody, no rule spoke")]
    [InlineData("hello", "redirected: nobody", "tests/one.expect(1,1): \"nobody\" is no address")]
    [InlineData("hello", "", "tests/one.expect: asks nothing: folder:, copies:, flags:, by:, redirected:, notified:, answered:, discarded or rejected is expected")]
    [InlineData("hello", "folder: ../x", "tests/one.expect(1,1): \"../x\" is no folder's name")]
    [InlineData("hello", "score: much\nfolder: INBOX", "tests/one.expect(1,1): \"much\" is no number")]
    [InlineData("hello", "now: soon\nfolder: INBOX", "tests/one.expect(1,1): \"soon\" is no time; as 2026-11-24T10:00:00Z")]
    public async Task A_test_says_what_was_asked_and_what_was_got(string subject, string expect, string? failure, string? second = null)
    {
        await using var host = new Host();
        Write(host, "one", $"From: a@sender.example\r\nTo: alice@example.org\r\nSubject: {subject}\r\n\r\nbody\r\n", expect);
        var version = await Version.Value;
        var result = Assert.Single(await new RuleTests("mx.example.org").RunAsync(version.Rules, host.Scripts, default));
        Assert.Equal(new[] { failure, second }.OfType<string>(), result.Failures.Select(line => line.ToString()));
    }

    [Theory]
    [InlineData("authentic: yes\nfolder: INBOX")]
    [InlineData("authentic: no\nfolder: Junk")]
    [InlineData("finding: Authentication-Results: mx.example.org; dmarc=pass\nfolder: INBOX")]
    [InlineData("finding: Authentication-Results: other.example; dmarc=pass\nfolder: Junk")]
    public async Task A_test_gives_what_filters_would_have_found(string expect)
    {
        await using var host = new Host();
        Write(host, "one", "From: a@bank.example\n\nbody\n", expect);
        var version = await Version.Value;
        Assert.Empty(Assert.Single(await new RuleTests("mx.example.org").RunAsync(version.Rules, host.Scripts, default)).Failures);
    }

    [Fact]
    public async Task A_message_without_expectations_and_expectations_without_a_message_fail()
    {
        await using var host = new Host();
        Write(host, "mail", "Subject: x\n\n", null);
        Write(host, "asked", null, "folder: INBOX");
        var version = await Version.Value;
        var results = await new RuleTests("mx.example.org").RunAsync(version.Rules, host.Scripts, default);
        Assert.Equal(
            ["tests/asked.expect: there is no asked.eml beside it", "tests/mail.eml: there is no mail.expect beside it"],
            results.SelectMany(result => result.Failures).Select(line => line.ToString()));
    }

    [Fact]
    public async Task A_version_that_fails_its_tests_stays_out_and_the_whole_set_before_it_stays_in()
    {
        await using var host = new Host();
        Write(host, "one", "Subject: x\n\n", "folder: A");
        host.Write("10.csx", "FileInto(\"A\");");
        host.Write("20.csx", "AddFlag(\"one\");");
        var engine = await StartAsync(host);
        Assert.Equal(("A", "one"), Ask(engine));

        host.Write("10.csx", "FileInto(\"B\");");
        host.Write("20.csx", "AddFlag(\"two\");");
        await engine.ReloadAsync(default);
        Assert.Equal(("A", "one"), Ask(engine));
        Assert.Equal([RuleState.Outdated, RuleState.Outdated], engine.Status().Rules.Select(rule => rule.State));
        Assert.Equal("tests/one.expect(1,1): asked for A, got B by 10.csx:1 FileInto(\"B\")", Assert.Single(engine.Status().FailedTests).ToString());

        // Also after a restart, and when a script was taken away.
        File.Delete(Path.Combine(host.Scripts, "10.csx"));
        await host.StopAsync();
        engine = await StartAsync(host);
        Assert.Equal(("A", "one"), Ask(engine));

        host.Write("10.csx", "FileInto(\"A\");");
        await engine.ReloadAsync(default);
        Assert.Equal(("A", "two"), Ask(engine));
        Assert.Empty(engine.Status().FailedTests);
        Assert.All(engine.Status().Rules, rule => Assert.Equal(RuleState.Live, rule.State));
    }

    [Fact]
    public async Task A_test_that_is_put_right_lets_the_waiting_version_in()
    {
        await using var host = new Host();
        Write(host, "one", "Subject: x\n\n", "folder: A");
        host.Write("10.csx", "FileInto(\"A\");");
        var engine = await StartAsync(host);
        host.Write("10.csx", "FileInto(\"B\");");
        await Host.UntilAsync(() => engine.Status().FailedTests.Count == 1);
        Write(host, "one", null, "folder: B");
        await Host.UntilAsync(() => engine.Status().FailedTests.Count == 0);
        Assert.Equal("B", engine.Decide(Facts.Mail(), To.Anybody, Delivery.Keep).Folder?.Value);
    }

    [Fact]
    public async Task Who_looks_after_the_scripts_is_told_of_each_and_of_tests_once_a_day_also_over_a_restart()
    {
        await using var host = new Host();
        List<string> told = [];
        var time = new FakeTimeProvider(DateTimeOffset.UtcNow);
        host.Write("10.csx", "Keap();");
        host.Write("20.csx", "FileInto(\"A\");");
        await StartAsync();
        Assert.StartsWith("10.csx(1,1): CS0103 The name 'Keap' does not exist", Assert.Single(told), StringComparison.Ordinal);

        // Neither the same again nor after a restart, but another script, and tests.
        told.Clear();
        host.Write("10.csx", "Keep(); Keap();");
        await host.StopAsync();
        var engine = await StartAsync();
        Assert.Empty(told);
        host.Write("30.csx", "Stap();");
        Write(host, "one", "Subject: x\n\n", "folder: B");
        await engine.ReloadAsync(default);
        Assert.Equal(3, told.Count);
        Assert.StartsWith("30.csx(1,1): CS0103", told[0], StringComparison.Ordinal);
        Assert.Equal(
            ["As they are now, the rules fail their tests, and what was in service before stays:", "tests/one.expect(1,1): asked for B, got A by 20.csx:1 FileInto(\"A\")"], told[1..]);

        told.Clear();
        await engine.ReloadAsync(default);
        Assert.Empty(told);
        time.Advance(TimeSpan.FromHours(25));
        await engine.ReloadAsync(default);
        Assert.Equal(4, told.Count);

        Task<RuleEngine> StartAsync() => host.StartAsync(gate: new RuleTests("mx.example.org"), tell: told.AddRange, time: time);
    }

    // Compiled once: what differs are the tests.
    private static readonly Lazy<Task<RuleVersion>> Version = new(async () =>
    {
        await using var host = new Host();
        host.Write("10.csx", Rule);
        var version = await RuleVersion.LoadAsync(host.Options, default);
        Assert.True(version.IsWhole, string.Join('\n', version.Diagnostics));
        return version;
    });

    private static Task<RuleEngine> StartAsync(Host host) => host.StartAsync(gate: new RuleTests("mx.example.org"));

    private static (string? Folder, string Flag) Ask(RuleEngine engine) =>
        engine.Decide(Facts.Mail(), To.Anybody, Delivery.Keep) is var delivery ? (delivery.Folder?.Value, string.Join(' ', delivery.Flags)) : default;

    private static void Write(Host host, string name, string? mail, string? expect)
    {
        var folder = Directory.CreateDirectory(Path.Combine(host.Scripts, "tests")).FullName;
        if (mail is not null)
            File.WriteAllText(Path.Combine(folder, name + ".eml"), mail);
        if (expect is not null)
            File.WriteAllText(Path.Combine(folder, name + ".expect"), expect);
    }
}
