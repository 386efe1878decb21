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
        Assert.Equal(header is null ? null : (header, storage, messages), MaildirSize.Read(path));
    }
}
