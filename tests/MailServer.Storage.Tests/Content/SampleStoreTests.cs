using MailServer.TestKit;

namespace MailServer.Storage.Tests;

/// <summary>The store takes the sample over as it lies there: folders, UIDs, flags, keywords, bytes.</summary>
public sealed class SampleStoreTests
{
    [Fact]
    public async Task The_sample_opens_with_its_folders_UIDs_flags_and_keywords()
    {
        await using var store = new TestStore();
        CopySample("alice", store.Maildir);
        var account = await store.AccountAsync();
        var folders = (await account.ListAsync(TestStore.Token)).Value.Select(folder => folder.Name.ToString()).ToList();
        Assert.All(new[] { "INBOX", "Work", "Work/apollo", "Lists/dev", "Receipts/2026", "Reise & München" }, wanted => Assert.Contains(wanted, folders));
        Assert.Contains(new FolderName("Lists/dev"), (await account.ListSubscribedAsync(TestStore.Token)).Value);

        await using var inbox = await store.ViewAsync();
        Assert.Equal(1767225601u, inbox.UidValidity);
        Assert.Equal(26u, inbox.UidNext);
        Assert.Equal([.. Enumerable.Range(1, 18).Select(uid => (uint)uid), 21, 22, 23, 24, 25], TestStore.Uids(inbox));
        Assert.Equal(["$Forwarded", "$MDNSent", "Projekt"], inbox.Keywords.Order(StringComparer.Ordinal));
        Assert.Equal(SystemFlags.Seen | SystemFlags.Answered, inbox.InfoAt(2).Flags.System);
        Assert.Equal(["$Forwarded"], inbox.InfoAt(9).Flags.Keywords);
    }

    [Theory]
    [InlineData("alice", 40)]
    [InlineData("bob", 12)]
    public async Task Every_message_is_read_through_the_store(string user, int atLeast)
    {
        await using var store = new TestStore();
        CopySample(user, store.Maildir);
        var count = 0;
        foreach (var folder in (await (await store.AccountAsync()).ListAsync(TestStore.Token)).Value.Where(folder => folder.IsSelectable))
        {
            await using var view = await store.ViewAsync(folder.Name.ToString());
            for (var sequence = 1; sequence <= view.Count; sequence++, count++)
            {
                var text = await TestStore.ReadAsync(view, sequence);
                Assert.Equal(view.InfoAt(sequence).Size, text.Length);
                Answers.Check((await view.StructureAtAsync(sequence, TestStore.Token)).Value, text.Length);
            }
        }

        Assert.InRange(count, atLeast, 200);
    }

    [Fact]
    public async Task Searches_run_over_the_sample()
    {
        await using var store = new TestStore();
        CopySample("alice", store.Maildir);
        await using var view = await store.ViewAsync();
        Assert.Equal([2], (await view.SearchAsync(new SearchKey.And([new SearchKey.Text("köln"), new SearchKey.Flag(SystemFlags.Answered)]), TestStore.Token)).Value);
        Assert.Equal([4], (await view.SearchAsync(new SearchKey.Header("Subject", "会議"), TestStore.Token)).Value);
        Assert.Equal([7], (await view.SearchAsync(new SearchKey.Body("Новосибирск"), TestStore.Token)).Value);
    }

    private static void CopySample(string user, string maildir)
    {
        var source = Path.Combine(Repository.Root, "maildir-sample", user);
        foreach (var file in Directory.EnumerateFiles(source, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = 0 }))
        {
            var copy = Path.Combine(maildir, Path.GetRelativePath(source, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }
    }
}
