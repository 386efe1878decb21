using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace MailServer.Rules.Tests;

/// <summary>Who gets a worker when there are more mails than workers. No process runs, and the clock stands still.</summary>
public sealed class FairnessTests : IAsyncDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly UserRuleOptions _options = new() { CacheDirectory = "", MaxCrashes = int.MaxValue, Workers = new() { RuleHostPath = "none.dll" } };
    private readonly List<FakeWorker> _started = [];
    private readonly Dictionary<string, UserAccount> _accounts = [];
    private readonly UserRuleCompiler _compiler;
    private readonly WorkerPool _pool;

    public FairnessTests()
    {
        _compiler = new(_options, _time);
        _pool = new(_options.Workers, _time, Start);
    }

    [Fact]
    public async Task An_account_has_one_worker_at_a_time_however_many_mails_it_gets()
    {
        var hostile = Enumerable.Range(0, 20).Select(_ => SendAsync("mallory")).ToArray();
        await UntilAsync(() => Busy.Length == 1);
        var honest = SendAsync("alice");
        await UntilAsync(() => Busy.Length == 2);
        Assert.Single(Busy, worker => worker.Account == "mallory");
        Busy.Single(worker => worker.Account == "alice").Answer(0.001);
        Assert.Equal("Filed", (await honest).Folder?.Value);
        Assert.DoesNotContain(hostile, mail => mail.IsCompleted);
    }

    [Fact]
    public async Task All_mails_of_an_account_are_in_INBOX_when_the_time_of_one_mail_is_over()
    {
        var hostile = Enumerable.Range(0, 20).Select(_ => SendAsync("mallory")).ToArray();
        await UntilAsync(() => Busy.Length == 1);
        _time.Advance(_options.MailLimit - _options.MailReserve);
        // Those whose turn has not come have no time left to run.
        var waited = await Task.WhenAll(hostile[1..]);
        Assert.All(waited, delivery => Assert.Equal(("INBOX", "failed, kept in INBOX: the mails before this one took too long"), (delivery.Folder?.Value, delivery.Steps[^1].Action)));
        Assert.False(hostile[0].IsCompleted);
        Assert.Single(_started);
    }

    [Fact]
    public async Task Accounts_without_a_free_worker_are_in_INBOX_when_the_time_of_one_mail_is_over()
    {
        var mails = Enumerable.Range(0, 20).Select(i => SendAsync($"user{i}")).ToArray();
        await UntilAsync(() => Busy.Length == 4);
        _time.Advance(_options.MailLimit - _options.MailReserve);
        foreach (var mail in mails[4..])
            Assert.Equal("failed, kept in INBOX: no worker was free in time", (await mail).Steps[^1].Action);
        Assert.Equal(4, _started.Count);
    }

    [Fact]
    public async Task Slow_accounts_hold_half_of_the_workers_and_come_after_the_others()
    {
        var slow = Enumerable.Range(0, 6).Select(i => $"slow{i}").ToArray();
        foreach (var account in slow)
        {
            var first = SendAsync(account);
            await UntilAsync(() => Busy.Length == 1);
            Busy[0].Answer(0.9);
            await first;
        }

        var all = slow.Select(SendAsync).ToArray();
        await UntilAsync(() => Busy.Length == 2);
        var alice = SendAsync("alice");
        var bob = SendAsync("bob");
        var carol = SendAsync("carol");
        await UntilAsync(() => Busy.Length == 4);
        Assert.Equal(["alice", "bob"], Busy.Select(worker => worker.Account).Where(account => account[0] != 's').Order());
        // Four slow mails have waited for longer than Carol's.
        Busy.First(worker => worker.Account[0] == 's').Answer(0.9);
        await UntilAsync(() => Busy.Length == 4);
        Assert.Equal(["alice", "bob", "carol"], Busy.Select(worker => worker.Account).Where(account => account[0] != 's').Order());

        foreach (var worker in Busy.Where(worker => worker.Account[0] != 's').ToArray())
            worker.Answer(0.001);
        await Task.WhenAll(alice, bob, carol);
        await UntilAsync(() => Busy.Length == 2);
        Assert.All(Busy, worker => Assert.StartsWith("slow", worker.Account, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(1, true)]
    [InlineData(2, true)]
    [InlineData(3, false)]
    public async Task Who_breaks_off_a_worker_is_slow_and_one_quick_mail_is_enough_to_be_forgiven(int how, bool isSlow)
    {
        WorkerEnd[] ends = [WorkerEnd.Time, WorkerEnd.Late, WorkerEnd.Nonsense, WorkerEnd.Start];
        string[] accounts = ["a", "b", "c"];
        foreach (var account in accounts)
        {
            var first = SendAsync(account);
            await UntilAsync(() => Busy.Length == 1);
            Busy[0].Fail(ends[how]);
            await first;
        }

        var again = accounts.Select(SendAsync).ToArray();
        await UntilAsync(() => Busy.Length >= 2);
        Assert.Equal(isSlow ? 2 : 3, Busy.Length);
        while (again.Any(mail => !mail.IsCompleted))
        {
            foreach (var worker in Busy)
                worker.Answer(0.001);
            await Task.Delay(1);
        }

        await Task.WhenAll(again);
        var third = accounts.Select(SendAsync).ToArray();
        await UntilAsync(() => Busy.Length == 3);
        Assert.DoesNotContain(third, mail => mail.IsCompleted);
    }

    public async ValueTask DisposeAsync()
    {
        await _pool.DisposeAsync();
        _compiler.Dispose();
        foreach (var account in _accounts.Values)
            account.Dispose();
    }

    private FakeWorker[] Busy
    {
        get
        {
            lock (_started)
                return [.. _started.Where(worker => worker.IsBusy)];
        }
    }

    private FakeWorker Start()
    {
        var worker = new FakeWorker();
        lock (_started)
            _started.Add(worker);
        return worker;
    }

    private async Task<Delivery> SendAsync(string name)
    {
        UserAccount account;
        lock (_accounts)
            if (!_accounts.TryGetValue(name, out account!))
                _accounts[name] = account = new(name, _options, _compiler, _pool, null, _time, NullLogger.Instance);
        using var deadline = account.StartClock(default);
        return await account.DecideAsync(new() { Scripts = FakeWorker.ScriptsOf(name) }, new Facts(), To.Anybody, Delivery.Keep, deadline);
    }

    private static Task UntilAsync(Func<bool> isSo) => Host.UntilAsync(isSo);
}
