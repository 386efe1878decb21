using MailServer.Posix;

namespace MailServer.Storage.Tests;

public sealed class OwnChangeTests
{
    [Fact]
    public async Task Own_changes_make_nobody_read_the_directories_and_those_of_others_do()
    {
        if (Environment.GetEnvironmentVariable("MAILSERVER_WATCH") == "poll")
            Assert.Skip("told apart by inotify");
        await using var test = new TestStore();
        for (var i = 0; i < 20; i++)
            await test.AppendAsync($"Subject: {i}\r\n\r\nbody\r\n");
        await using var view = await test.ViewAsync();
        await (await test.AccountAsync()).CreateAsync(new("Other"), null, TestStore.Token);
        var folder = await FolderAsync(test);
        await SettleAsync(test, view);
        var looks = folder.Looks;

        for (var i = 1; i <= 20; i++)
        {
            Assert.True((await view.StoreAsync([i], FlagChange.Add, SystemFlags.Flagged, TestStore.Token)).Problem is null);
            Assert.Null((await view.RefreshAsync(mayExpunge: true, TestStore.Token)).Problem);
        }

        Assert.Null((await view.CopyAsync([1, 2], FolderName.Inbox, TestStore.Token)).Problem);
        Assert.Null((await view.MoveAsync([3], new("Other"), TestStore.Token)).Problem);
        Assert.Null((await view.ExpungeAsync([4, 5], TestStore.Token)).Problem);
        await Task.Delay(300, TestStore.Token); // the watcher's news, and a look if there were one
        Assert.Equal(looks, folder.Looks);

        var file = Directory.GetFiles(Path.Combine(test.Maildir, "cur"))[0];
        File.Move(file, file + "T");
        await TestStore.UntilAsync(view, () => Enumerable.Range(1, view.Count).Count(i => view.FlagsAt(i).System.HasFlag(SystemFlags.Deleted)) == 1);
        Assert.True(folder.Looks > looks);
        await test.Store.Folders.ReleaseAsync(folder);
    }

    [Fact]
    public async Task After_own_changes_the_folder_is_looked_at_when_it_is_let_go_so_that_the_next_opening_reads_no_directory()
    {
        await using var test = new TestStore();
        await test.AppendAsync("Subject: x\r\n\r\nbody\r\n");
        await using (var view = await test.ViewAsync())
        {
            await SettleAsync(test, view);
            Assert.Null((await view.StoreAsync([1], FlagChange.Add, SystemFlags.Flagged, TestStore.Token)).Problem);
            await Task.Delay(100, TestStore.Token); // longer ago than the clock's tick
        }

        await test.StopAndStartAsync();
        var folder = await FolderAsync(test);
        Assert.Equal((0, 1), (folder.Looks, folder.Status().Messages));
        await test.Store.Folders.ReleaseAsync(folder);
    }

    [Fact]
    public async Task Changes_of_others_between_own_ones_are_all_seen()
    {
        var seed = Environment.TickCount;
        TestContext.Current.SendDiagnosticMessage($"seed {seed}");
        var random = new Random(seed);
        await using var test = new TestStore(inMemory: true);
        for (var i = 0; i < 30; i++)
            await test.AppendAsync($"Subject: {i}\r\n\r\nbody\r\n", flags: SystemFlags.Seen);
        await using var view = await test.ViewAsync();
        var cur = Path.Combine(test.Maildir, "cur");
        for (var round = 0; round < 40; round++)
        {
            var others = Task.Run(() => { for (var i = 0; i < 5; i++) Toggle(cur, new Random(seed + round + i)); }, TestStore.Token);
            for (var i = 0; i < 10; i++)
                _ = await view.StoreAsync([random.Next(1, 31)], (FlagChange)random.Next(3), SystemFlags.Flagged, TestStore.Token);
            await others;
            await TestStore.UntilAsync(view, () => FlagsOf(view).SequenceEqual(FlagsOn(cur)));
        }
    }

    /// <summary>Renames as another program does, with or without the letter T.</summary>
    private static void Toggle(string cur, Random random)
    {
        var files = Directory.GetFiles(cur);
        var file = files[random.Next(files.Length)];
        try
        {
            DurableFile.RenameNoReplace(file, file.EndsWith('T') ? file[..^1] : file + "T");
        }
        catch (PosixException)
        {
            // The store was quicker.
        }
    }

    private static List<SystemFlags> FlagsOf(IFolderView view) =>
        [.. Enumerable.Range(1, view.Count).Select(i => view.FlagsAt(i).System & (SystemFlags.Flagged | SystemFlags.Deleted)).Order()];

    private static List<SystemFlags> FlagsOn(string cur) =>
    [
        .. Directory.GetFiles(cur).Select(path => path[(path.LastIndexOf(":2,", StringComparison.Ordinal) + 3)..])
            .Select(letters => (letters.Contains('F', StringComparison.Ordinal) ? SystemFlags.Flagged : 0)
                | (letters.Contains('T', StringComparison.Ordinal) ? SystemFlags.Deleted : 0)).Order(),
    ];

    private static async Task<SharedFolder> FolderAsync(TestStore test) =>
        await test.Store.Folders.AcquireAsync(test.Store.PathsOf(TestStore.Alice).PlaceOf(FolderName.Inbox)!, TestStore.Token);

    /// <summary>Waits until the directories' last change is older than the clock's tick, and seen.</summary>
    private static async Task SettleAsync(TestStore test, IFolderView view)
    {
        for (var i = 0; i < 10; i++)
        {
            await Task.Delay(40, TestStore.Token);
            Assert.Null((await view.RefreshAsync(mayExpunge: true, TestStore.Token)).Problem);
        }

        var folder = await FolderAsync(test);
        while (folder.Rescan.IsAsked)
            await Task.Delay(20, TestStore.Token);
        await test.Store.Folders.ReleaseAsync(folder);
        await Task.Delay(200, TestStore.Token);
    }
}
