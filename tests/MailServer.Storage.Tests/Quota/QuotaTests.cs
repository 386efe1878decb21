namespace MailServer.Storage.Tests;

public sealed class QuotaTests
{
    private static async Task<Outcome<StoredMessage>> DeliverAsync(TestStore store, Quota quota, string text = "Subject: x\r\n\r\n")
    {
        await using var spool = store.Store.CreateSpool();
        await spool.Writer.WriteAsync(System.Text.Encoding.ASCII.GetBytes(text), TestStore.Token);
        Assert.Null(await spool.SealAsync(default, TestStore.Token));
        return await store.Store.DeliverAsync(spool, TestStore.Alice with { Quota = quota }, FolderName.Inbox, default, TestStore.Token);
    }

    [Fact]
    public async Task A_full_account_is_refused_for_now_and_a_message_that_never_fits_for_good()
    {
        await using var store = new TestStore();
        Quota quota = new() { Storage = 1000, Messages = 2 };
        Assert.Null((await DeliverAsync(store, quota)).Problem);
        Assert.Equal(new(5, 2, 2), (await DeliverAsync(store, quota, new string('x', 2000) + "\r\n")).Problem!.Status);
        Assert.Null((await DeliverAsync(store, quota)).Problem);
        var full = (await DeliverAsync(store, quota)).Problem!;
        Assert.Equal((new StatusCode(4, 2, 2), ProblemReason.OverQuota), (full.Status, full.Reason));
        Assert.Equal("1000S,2C\n12 1\n12 1\n", await File.ReadAllTextAsync(Path.Combine(store.Maildir, "maildirsize"), TestStore.Token));
    }

    [Fact]
    public async Task In_a_full_account_a_message_may_take_the_place_of_another_no_smaller()
    {
        await using var store = new TestStore();
        Quota quota = new() { Storage = 1000, Messages = 2 };
        var alice = TestStore.Alice with { Quota = quota };
        Assert.Null((await DeliverAsync(store, quota, new string('x', 500) + "\r\n")).Problem);
        Assert.Null((await DeliverAsync(store, quota, new string('x', 400) + "\r\n")).Problem);
        await using var account = (await store.Store.OpenAsync(alice, TestStore.Token)).Value;
        await using var view = (await account.OpenFolderAsync(FolderName.Inbox, FolderAccess.ReadWrite, null, TestStore.Token)).Value;
        Assert.Equal(ProblemReason.OverQuota, (await account.BeginAppendAsync(FolderName.Inbox, default, null, TestStore.Token)).Problem?.Reason);
        Assert.Equal(ProblemReason.OverQuota, (await ReplaceAsync(account, view, 2, 700)).Problem?.Reason);
        Assert.Equal([1u, 2u], Enumerable.Range(1, view.Count).Select(view.UidAt));
        var replaced = (await ReplaceAsync(account, view, 1, 450)).Value;
        Assert.Equal(3u, replaced.Stored.Uid);
        Assert.Equal([1], replaced.Expunged.Sequences);
        Assert.Equal([1u], replaced.Expunged.Uids);
        await view.RefreshAsync(true, TestStore.Token);
        Assert.Equal([2u, 3u], Enumerable.Range(1, view.Count).Select(view.UidAt));
    }

    private static async Task<Outcome<ReplaceResult>> ReplaceAsync(IMailAccount account, IFolderView view, int sequence, int size)
    {
        await using var draft = (await account.BeginReplaceAsync(FolderName.Inbox, default, null, TestStore.Token)).Value;
        await draft.Body.WriteAsync(System.Text.Encoding.ASCII.GetBytes(new string('y', size) + "\r\n"), TestStore.Token);
        return await view.ReplaceAsync(sequence, draft, TestStore.Token);
    }

    [Fact]
    public async Task The_file_follows_what_is_appended_copied_moved_and_removed()
    {
        await using var store = new TestStore();
        Quota quota = new() { Storage = 100 };
        var alice = TestStore.Alice with { Quota = quota };
        Assert.Null((await DeliverAsync(store, quota)).Problem);
        await using var account = (await store.Store.OpenAsync(alice, TestStore.Token)).Value;
        Assert.Null(await account.CreateAsync(new("A"), null, TestStore.Token));
        await using var view = (await account.OpenFolderAsync(FolderName.Inbox, FolderAccess.ReadWrite, null, TestStore.Token)).Value;
        for (var i = 1; i < 8; i++)
            Assert.Null((await view.CopyAsync([1], new("A"), TestStore.Token)).Problem);
        Assert.Equal(ProblemReason.OverQuota, (await view.CopyAsync([1], new("A"), TestStore.Token)).Problem!.Reason);
        Assert.Null((await view.MoveAsync([1], new("A"), TestStore.Token)).Problem);
        Assert.Equal((96, 8), ((await account.QuotaAsync(TestStore.Token)).Value.Storage, (await account.QuotaAsync(TestStore.Token)).Value.Messages));
        Assert.Null(await account.DeleteAsync(new("A"), TestStore.Token));
        Assert.Equal((0, 0), ((await account.QuotaAsync(TestStore.Token)).Value.Storage, (await account.QuotaAsync(TestStore.Token)).Value.Messages));
    }

    [Fact]
    public async Task One_count_serves_all_who_ask_meanwhile_and_what_they_change_is_in_it()
    {
        await using var store = new TestStore();
        await store.DeliverAsync();
        var counts = 0;
        using var go = new ManualResetEventSlim();
        store.Store.Context.Steps = step =>
        {
            if (step != "counting")
                return;
            Interlocked.Increment(ref counts);
            go.Wait(TestStore.Token);
        };
        var alice = TestStore.Alice with { Quota = new() { Messages = 5 } };
        var asked = Enumerable.Range(0, 10).Select(_ => store.Store.RefusesAsync(alice, 10, TestStore.Token).AsTask()).ToList();

        // Who has no limits is not kept waiting, and adds to the account meanwhile.
        var quota = store.Store.Context.Quotas.Of(store.Maildir);
        quota.Change(12, 1);
        quota.Change(24, 2);
        Assert.All(asked, question => Assert.False(question.IsCompleted));
        go.Set();
        Assert.All(await Task.WhenAll(asked), Assert.Null);
        Assert.Equal(1, counts);
        Assert.Equal(4, (await quota.UsageAsync(TestStore.Token)).Messages);
        quota.Change(-12, -1);
        Assert.Equal(3, (await quota.UsageAsync(TestStore.Token)).Messages);
        Assert.Equal(1, counts);
    }

    [Fact]
    public async Task A_full_account_is_refused_for_good_where_that_is_configured()
    {
        using var directory = new TestKit.TempDirectory();
        var options = new StoreOptions { Maildir = directory.File("mail"), DataDirectory = directory.Path, Hostname = "x", IsOverQuotaFinal = true, Quota = new() { Messages = 1 } };
        var quota = new Quotas(new(options, TimeProvider.System, Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance)).Of(directory.File("mail"), TestStore.Alice);
        Assert.Null(await quota.RefusesAsync(1, 1, TestStore.Token));
        Assert.Equal(new StatusCode(5, 2, 2), (await quota.RefusesAsync(1, 2, TestStore.Token))!.Status);
    }

    [Fact]
    public async Task Each_threshold_is_told_of_once_until_the_account_has_been_below_it()
    {
        await using var store = new TestStore();
        List<int> told = [];
        var works = true;
        store.Store.WarnBy(warning =>
        {
            Assert.Equal("alice@example.org", warning.Owner.Address.ToString());
            told.Add(warning.Threshold);
            return new(works);
        });
        Quota quota = new() { Messages = 10 };
        var account = store.Store.Context.Quotas.Of(store.Maildir);
        async Task FillAsync(int count)
        {
            for (var i = 0; i < count; i++)
            {
                Assert.Null((await DeliverAsync(store, quota)).Problem);
                await account.Warning;
            }
        }

        await FillAsync(7);
        Assert.Empty(told);
        works = false;
        await FillAsync(1);
        Assert.Equal([80], told);
        works = true;
        await FillAsync(1); // the first could not be delivered
        Assert.Equal([80, 80], told);
        Assert.Equal("80\n", await File.ReadAllTextAsync(Path.Combine(store.Maildir, "mailserver-quota"), TestStore.Token));
        await FillAsync(1);
        Assert.Equal([80, 80, 95], told);
        Assert.Equal(new(4, 2, 2), (await DeliverAsync(store, quota)).Problem!.Status);
        Assert.Equal([80, 80, 95], told);

        // Below the upper one, and over it again; a move does not count twice meanwhile.
        await using var mail = (await store.Store.OpenAsync(TestStore.Alice with { Quota = quota }, TestStore.Token)).Value;
        Assert.Null(await mail.CreateAsync(new("A"), null, TestStore.Token));
        await using var view = (await mail.OpenFolderAsync(FolderName.Inbox, FolderAccess.ReadWrite, null, TestStore.Token)).Value;
        Assert.Null((await view.MoveAsync([1, 2, 3], new("A"), TestStore.Token)).Problem);
        Assert.Null((await view.ExpungeAsync([1], TestStore.Token)).Problem);
        Assert.Equal("80\n", await File.ReadAllTextAsync(Path.Combine(store.Maildir, "mailserver-quota"), TestStore.Token));
        Assert.Null((await view.CopyAsync([1], new("A"), TestStore.Token)).Problem);
        await account.Warning;
        Assert.Equal([80, 80, 95, 95], told);

        // What was told is known after a restart; below all of them nothing is left of it.
        await store.StopAndStartAsync();
        store.Store.WarnBy(warning => throw new InvalidOperationException($"told again of {warning.Threshold}"));
        account = store.Store.Context.Quotas.Of(store.Maildir);
        await using var again = (await store.Store.OpenAsync(TestStore.Alice with { Quota = quota }, TestStore.Token)).Value;
        await using var inbox = (await again.OpenFolderAsync(FolderName.Inbox, FolderAccess.ReadWrite, null, TestStore.Token)).Value;
        Assert.Equal(6, inbox.Count);
        account.Arrived();
        await account.Warning;
        Assert.Null((await inbox.ExpungeAsync([1, 2, 3, 4, 5], TestStore.Token)).Problem);
        Assert.False(File.Exists(Path.Combine(store.Maildir, "mailserver-quota")));
    }

    [Fact]
    public async Task The_first_message_of_an_account_is_told_of_too()
    {
        await using var store = new TestStore();
        List<int> told = [];
        store.Store.WarnBy(warning =>
        {
            told.Add(warning.Threshold);
            return new(true);
        });
        Assert.Null((await DeliverAsync(store, new() { Storage = 13 })).Problem);
        await store.Store.Context.Quotas.Of(store.Maildir).Warning;
        Assert.Equal([80], told);
        Assert.Equal("13S\n12 1\n", await File.ReadAllTextAsync(Path.Combine(store.Maildir, "maildirsize"), TestStore.Token));
    }

    [Fact]
    public async Task A_notice_goes_into_a_full_account_and_leads_to_no_other()
    {
        await using var store = new TestStore();
        var told = 0;
        store.Store.WarnBy(_ => new(Interlocked.Increment(ref told) > 0));
        var alice = TestStore.Alice with { Quota = new() { Messages = 1 } };
        await using var spool = store.Store.CreateSpool();
        Assert.Null(await spool.SealAsync(default, TestStore.Token));
        await store.AccountAsync();
        Assert.Null(await store.Store.RefusesAsync(alice, 0, TestStore.Token));
        for (var i = 0; i < 3; i++)
            Assert.Equal("INBOX", (await store.Store.DeliverNoticeAsync(spool, alice, TestStore.Token)).Value.Folder.Value);
        Assert.Equal(0, told);
        Assert.Equal(3, AccountUsage.Known(store.Store.Context.Options, alice)!.Messages);
        Assert.Equal(3, AccountUsage.Count(store.Store.Context.Options, alice).Messages);
    }

    [Theory]
    [InlineData(0, 0, 100L, 10L, "0 B of 100 B, 0 of 10 messages (0 %)", 0)]
    [InlineData(863_000_000, 9, 1L << 30, 10L, "823 MiB of 1 GiB, 9 of 10 messages (90 %)", 90)]
    [InlineData(1_610_612_735, 9, 1L << 30, null, "1.4 GiB of 1 GiB (149 %)", 149)]
    [InlineData(long.MaxValue, long.MaxValue, 1L, 1L, "8 EiB of 1 B, 9223372036854775807 of 1 messages (2147483647 %)", int.MaxValue)]
    [InlineData(5, 5, null, null, "no limit", 0)]
    public void Says_what_is_used_of_what(long storage, long messages, long? storageLimit, long? messagesLimit, string text, int percent)
    {
        var usage = new QuotaUsage { Storage = storage, Messages = messages, Limit = new() { Storage = storageLimit, Messages = messagesLimit } };
        Assert.Equal((text, percent), (QuotaText.Of(usage), QuotaText.Percent(usage)));
    }

    [Theory]
    [InlineData("100S,5C\n10 1\n-3 -1\n", "100S,5C", 7, 0)]
    [InlineData("100S\n", null, 0, 0)]
    [InlineData("100S\n10 1", null, 0, 0)]
    [InlineData("100S\n10 x\n", null, 0, 0)]
    [InlineData("100S\n-10 1\n", null, 0, 0)]
    [InlineData("", null, 0, 0)]
    public void Reads_maildirsize(string text, string? header, long storage, long messages)
    {
        using var directory = new TestKit.TempDirectory();
        var path = Path.Combine(directory.Path, "maildirsize");
        File.WriteAllText(path, text);
        var read = MaildirSize.Read(path);
        Assert.Equal((header, new(storage, messages)), (read?.Header, read?.Used ?? default));
    }
}
