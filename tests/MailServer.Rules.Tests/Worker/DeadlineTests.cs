using MailServer.TestKit;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace MailServer.Rules.Tests;

/// <summary>A mail has eight seconds with its owner's scripts, whatever hangs. A rule host that never says a word, and a clock that only the test moves.</summary>
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed class DeadlineTests : IAsyncDisposable
{
    private const string Sleeps = "#!/bin/sh\nexec sleep 1000\n";

    private const string Computes = "#!/bin/sh\nwhile :; do :; done\n";

    private readonly TempDirectory _folder = new();
    private readonly FakeTimeProvider _time = new();
    private readonly UserRuleOptions _options;

    public DeadlineTests()
    {
        var program = _folder.File("host");
        File.WriteAllText(program, Sleeps);
        File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        File.WriteAllText(program + ".dll", "");
        _options = new()
        {
            CacheDirectory = _folder.File("cache"),
            // No other limit may be what ends it.
            CompileLimit = TimeSpan.FromMilliseconds(50),
            CompileClockLimit = TimeSpan.FromHours(1),
            Workers = new() { RuleHostPath = program + ".dll", StartLimit = TimeSpan.FromHours(1), ClockLimit = TimeSpan.FromHours(1), RunLimit = TimeSpan.FromHours(1) },
        };
    }

    [Fact]
    public async Task Workers_that_never_answer_hold_no_mail_longer()
    {
        await using var pool = new WorkerPool(_options.Workers, _time);
        using var compiler = new UserRuleCompiler(_options, _time);
        var accounts = Enumerable.Range(0, 6).Select(i => new UserAccount($"user{i}", _options, compiler, pool, null, _time, NullLogger.Instance)).ToArray();
        var mails = accounts.SelectMany(account => Enumerable.Range(0, 10).Select(_ => SendAsync(account))).ToArray();
        _time.Advance(_options.MailLimit - _options.MailReserve);
        // All but those that wait for the four workers.
        await Host.UntilAsync(() => mails.Count(mail => mail.IsCompleted) == 56);
        _time.Advance(_options.MailReserve);
        var ends = (await Task.WhenAll(mails)).Select(delivery => delivery.Steps[^1].Action).CountBy(action => action).ToDictionary();
        Assert.Equal(4, ends["failed, kept in INBOX: no worker was ready in time"]);
        // Of those whose turn comes just when the time is over it may be the one or the other.
        string[] reasons = ["no worker was free in time", "the mails before this one took too long"];
        Assert.Equal(56, reasons.Sum(reason => ends.GetValueOrDefault($"failed, kept in INBOX: {reason}")));
        // They go on starting, for the next mail, which waits for them anew.
        Assert.Equal(4, pool.Count);
        var again = SendAsync(accounts[0]);
        _time.Advance(_options.MailLimit - _options.MailReserve);
        _time.Advance(_options.MailReserve);
        Assert.StartsWith("failed, kept in INBOX: no worker was ", (await again).Steps[^1].Action, StringComparison.Ordinal);

        async Task<Delivery> SendAsync(UserAccount account)
        {
            using var deadline = account.StartClock(default);
            return await account.DecideAsync(new() { Scripts = FakeWorker.ScriptsOf(account.Name) }, new Facts(), To.Anybody, Delivery.Keep, deadline);
        }
    }

    [Fact]
    public async Task A_compiler_that_never_answers_holds_its_accounts_mail_for_five_seconds_after_the_edit_and_others_for_two()
    {
        await using var rules = new UserRules(_options, _time, NullLoggerFactory.Instance);
        var mallory = SendAsync("mallory");
        Assert.False(mallory.IsCompleted);
        await Host.UntilAsync(() => rules.IsCompiling);
        // It may only have to start: that is worth waiting for.
        var alice = SendAsync("alice");
        _time.Advance(_options.CompileWaitForOthers);
        var bob = SendAsync("bob");
        Assert.False(bob.IsCompleted);
        _time.Advance(_options.CompileWaitForOthers);
        Assert.Same(Delivery.Keep, await bob);
        Assert.False(mallory.IsCompleted);
        Assert.False(alice.IsCompleted);
        _time.Advance(_options.CompileWait - (2 * _options.CompileWaitForOthers));
        Assert.Same(Delivery.Keep, await mallory);
        Assert.Same(Delivery.Keep, await alice);
        // Not each mail anew.
        foreach (var account in new[] { "mallory", "alice", "bob" })
            Assert.Same(Delivery.Keep, await SendAsync(account));

        Task<Delivery> SendAsync(string account) => this.SendAsync(rules, account);
    }

    [Fact]
    public async Task A_compiler_that_waits_for_a_busy_machine_is_asked_again_and_no_text_is_blamed()
    {
        await using var rules = new UserRules(_options, _time, NullLoggerFactory.Instance);
        for (var round = 0; round < 2; round++)
        {
            // A mail that came while the last question was being given up asks none of its own: the next one does.
            var mail = SendAsync(rules, "alice");
            for (var i = 0; i < 5000 && !rules.IsCompiling; i++)
            {
                await Task.Delay(10);
                if (mail.IsCompleted)
                    mail = SendAsync(rules, "alice");
            }

            Assert.True(rules.IsCompiling);
            // Again and again: its timer may not run yet, and a text that it did not answer for is tried once more alone.
            while (rules.IsCompiling || rules.Status().Accounts is not [{ CompilerProblem: not null }])
            {
                _time.Advance(_options.CompileClockLimit);
                await Task.Delay(10);
            }

            await mail;
            Assert.Empty(rules.Status().Accounts[0].Rules[0].Diagnostics);
        }
    }

    [Fact]
    public async Task A_text_that_the_compiler_computes_at_without_end_is_blamed_and_not_tried_again()
    {
        File.WriteAllText(_folder.File("host"), Computes);
        await using var rules = new UserRules(_options, _time, NullLoggerFactory.Instance);
        var mail = SendAsync(rules, "alice");
        while (rules.Status().Accounts is not [{ Rules: [{ Diagnostics.Count: > 0 }] }])
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            await Task.Delay(10);
        }

        await mail;
        var message = Assert.Single(rules.Status().Accounts[0].Rules[0].Diagnostics).Message;
        Assert.Equal("the compiler cannot cope with it: it takes more than 0 s of processor time", message);
        Assert.Same(Delivery.Keep, await SendAsync(rules, "alice"));
        Assert.False(rules.IsCompiling);
    }

    private async Task<Delivery> SendAsync(UserRules rules, string account)
    {
        var folder = Directory.CreateDirectory(_folder.File(account)).FullName;
        if (!File.Exists(Path.Combine(folder, "10.csx")))
            File.WriteAllText(Path.Combine(folder, "10.csx"), "Keep();");
        return (await rules.DecideAsync(account, folder, new Facts(), To.Anybody, Delivery.Keep, default)).Delivery;
    }

    public ValueTask DisposeAsync()
    {
        _folder.Dispose();
        return ValueTask.CompletedTask;
    }
}
