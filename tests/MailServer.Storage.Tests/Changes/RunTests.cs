using System.Globalization;
using MailServer.Posix;

namespace MailServer.Storage.Tests;

/// <summary>A run of changes, taken back, leaves everything as it was, wherever it is broken off; what its owner has touched since stays.</summary>
public sealed class RunTests
{
    [Fact]
    public async Task Undo_of_apply_is_what_was_before()
    {
        var seed = int.TryParse(Environment.GetEnvironmentVariable("SEED"), out var given) ? given : Environment.TickCount;
        for (var round = 0; round < 60; round++)
        {
            var random = new Random(seed + round);
            await using var scene = await RunScene.MakeAsync(random, random.Next(1, 90));
            var before = await scene.LookAsync();
            var wishes = await scene.WishAsync(random);
            var (dryId, dry, _) = await scene.ApplyAsync(wishes, isDryRun: true);
            Assert.Null(dryId);
            Assert.Equal(before, await scene.LookAsync());
            var (id, done, skips) = await scene.ApplyAsync(wishes);
            Assert.True(skips.Count == 0 && dry == done, Because(seed, round, $"{dry} {done} {string.Join(' ', skips)}"));
            var after = await scene.LookAsync();
            if (done == 0)
                continue;
            Assert.NotEqual(before, after);

            var (undoId, undone, kept) = await scene.UndoAsync(id!);
            Assert.True(before == await scene.LookAsync(), Because(seed, round, $"\n{before}\n->\n{after}\n->\n{await scene.LookAsync()}"));
            Assert.True(undone == done && kept.Count == 0, Because(seed, round, $"{undone} of {done}, {string.Join(' ', kept)}"));

            // And back again.
            await scene.UndoAsync(undoId!);
            Assert.True(after == await scene.LookAsync(), Because(seed, round, $"\n{after}\n->\n{await scene.LookAsync()}"));
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_run_that_dies_at_any_call_and_is_asked_for_again_has_the_same_end(bool inUndo)
    {
        var seed = int.TryParse(Environment.GetEnvironmentVariable("SEED"), out var given) ? given : Environment.TickCount;
        var deaths = 0;
        foreach (var call in new[] { DiskCall.Create, DiskCall.Write, DiskCall.Sync, DiskCall.SyncDirectory, DiskCall.Link, DiskCall.Rename, DiskCall.Unlink })
            for (var nth = 1; await DieAsync(seed, call, nth, inUndo); nth++)
                deaths++;
        Assert.True(deaths > 20, $"{deaths} deaths, seed {seed}");
    }

    [Fact]
    public async Task What_was_moved_flagged_or_deleted_since_stays_and_is_counted()
    {
        await using var scene = new RunScene(new TestStore());
        foreach (var name in new[] { "moved", "flagged", "deleted", "read", "kept" })
            await scene.Test.AppendAsync($"Subject: {name}\r\n\r\nx\r\n");
        await using (var view = await scene.Test.ViewAsync(access: FolderAccess.ReadOnly))
            await scene.ApplyAsync([.. Enumerable.Range(1, 5).Select(sequence => new MailChange
            {
                Folder = "INBOX",
                Message = ((FolderView)view).BaseNameAt(sequence),
                To = "Junk",
                Adds = ["$Junk"],
            })]);
        await using (var junk = await scene.Test.ViewAsync("Junk"))
        {
            Assert.Null((await junk.StoreAsync([2], FlagChange.Add, SystemFlags.Flagged, TestStore.Token)).Problem);
            Assert.Null((await junk.StoreAsync([4], FlagChange.Add, SystemFlags.Seen, TestStore.Token)).Problem);
            Assert.Null((await junk.ExpungeAsync([3], TestStore.Token)).Problem);
            await using var account = await scene.Test.AccountAsync();
            Assert.Null(await account.CreateAsync(new("Mine"), null, TestStore.Token));
            Assert.Null((await junk.MoveAsync([1], new("Mine"), TestStore.Token)).Problem);
        }

        var (_, done, skips) = await scene.UndoAsync(ChangeRun.List(scene.Test.Maildir)[0].Id);
        Assert.Equal(2, done);
        Assert.Equal((2, 1), (skips[ChangeSkips.Gone], skips[ChangeSkips.Flagged]));
        Assert.Equal(
            "INBOX: Subject: kept [None]\nINBOX: Subject: read [Seen]\nJunk: Subject: flagged [Flagged $Junk]\nMine: Subject: moved [None $Junk]",
            await scene.LookAsync());
    }

    [Fact]
    public async Task A_copy_that_was_flagged_since_is_not_taken_away()
    {
        await using var scene = new RunScene(new TestStore());
        await scene.Test.AppendAsync("Subject: one\r\n\r\nx\r\n");
        await using (var view = await scene.Test.ViewAsync(access: FolderAccess.ReadOnly))
            await scene.ApplyAsync([new() { Folder = "INBOX", Message = ((FolderView)view).BaseNameAt(1), Adds = [], Copies = [new("Paper", null), new("Other", null)] }]);
        await using (var paper = await scene.Test.ViewAsync("Paper"))
            Assert.Null((await paper.StoreAsync([1], FlagChange.Add, SystemFlags.Flagged, TestStore.Token)).Problem);
        await scene.UndoAsync(ChangeRun.List(scene.Test.Maildir)[0].Id);
        Assert.Equal("INBOX: Subject: one [None]\nPaper: Subject: one [Flagged]", await scene.LookAsync());
    }

    [Fact]
    public async Task Two_runs_at_once_are_refused()
    {
        await using var scene = new RunScene(new TestStore());
        await using var run = (await ChangeRun.OpenAsync(scene.Test.Store, TestStore.Alice, new() { Kind = "apply", Words = "x" }, TestStore.Token)).Value;
        var failure = await Assert.ThrowsAsync<IOException>(async () => await ChangeRun.OpenAsync(scene.Test.Store, TestStore.Alice, new() { Kind = "apply", Words = "y" }, TestStore.Token));
        Assert.Equal("another run is at work on this account", failure.Message);
    }

    [Fact]
    public async Task A_run_writes_the_rule_into_the_journal_and_keeps_the_identity_of_the_message()
    {
        await using var scene = new RunScene(new TestStore());
        await scene.Test.AppendAsync("Subject: one\r\n\r\nx\r\n");
        string email;
        await using (var view = await scene.Test.ViewAsync(access: FolderAccess.ReadOnly))
        {
            email = view.EmailIdAt(1)!;
            await scene.ApplyAsync([new() { Folder = "INBOX", Message = ((FolderView)view).BaseNameAt(1), Adds = ["$x"], To = "A", Why = new("10.csx", 3, "FileInto(\"A\")") { Version = "abc" } }]);
        }

        await using (var moved = await scene.Test.ViewAsync("A"))
            Assert.Equal(email, moved.EmailIdAt(1));
        var id = ChangeRun.List(scene.Test.Maildir)[0].Id;
        Assert.Equal(
            [$"flags rule apply {id} 10.csx:3 abc", $"moved rule apply {id} 10.csx:3 abc"],
            new JournalReader(scene.Test.Maildir).Forward().Where(entry => entry.Why is not null).Select(entry => $"{entry.Event} {entry.By} {entry.Session} {entry.Why!.Rule}:{entry.Why.Line} {entry.Why.Version}"));
    }

    [Theory]
    [InlineData("A", "../../../out")]
    [InlineData("A", "/tmp/out")]
    [InlineData("A", "")]
    [InlineData("A", ".dot")]
    [InlineData("A", "x:2,S")]
    [InlineData("../A", "100.x")]
    [InlineData("/A", "100.x")]
    public async Task A_record_that_somebody_has_written_leads_nowhere(string to, string name)
    {
        await using var scene = new RunScene(new TestStore());
        await scene.Test.AppendAsync("Subject: one\r\n\r\nx\r\n");
        await using var account = await scene.Test.AccountAsync();
        Assert.Null(await account.CreateAsync(new("A"), null, TestStore.Token));
        string message;
        await using (var view = await scene.Test.ViewAsync(access: FolderAccess.ReadOnly))
            message = ((FolderView)view).BaseNameAt(1);
        var before = Tree(scene.Test.Data);
        await File.WriteAllTextAsync(Path.Combine(scene.Test.Maildir, RunRecord.Prefix + "20200101T000000"),
            "{\"run\":{\"id\":\"20200101T000000\",\"kind\":\"apply\",\"words\":\"x\",\"time\":\"2020-01-01T00:00:00+00:00\"}}\nnonsense\n"
            + $"{{\"change\":{{\"folder\":\"INBOX\",\"message\":\"{message}\",\"flags\":\"\",\"after\":\"\",\"to\":\"{to}\",\"as\":\"{name}\"}}}}\n", TestStore.Token);
        await scene.ApplyAsync([]);
        Assert.Equal("INBOX: Subject: one [None]", await scene.LookAsync());
        Assert.Equal(before, Tree(scene.Test.Data));
    }

    private static string[] Tree(string path) =>
        [.. Directory.EnumerateFileSystemEntries(path, "*", SearchOption.AllDirectories).Where(entry => !Path.GetFileName(entry).StartsWith("mailserver-", StringComparison.Ordinal)).Order(StringComparer.Ordinal)];

    /// <summary>Says whether there was an n-th call of that kind.</summary>
    private static async Task<bool> DieAsync(int seed, DiskCall call, int nth, bool inUndo)
    {
        var random = new Random(seed);
        await using var scene = await RunScene.MakeAsync(random, 7);
        var before = await scene.LookAsync();
        var wishes = await scene.WishAsync(random);
        var id = inUndo ? (await scene.ApplyAsync(wishes)).Id! : "";
        bool hasDied;
        using (var disk = new FaultyDisk(scene.Test.Data, call, nth, Breakage.Killed, 5))
        {
            try
            {
                _ = inUndo ? await scene.UndoAsync(id) : await scene.ApplyAsync(wishes);
            }
            catch (Exception failure) when (disk.HasFailed && failure is not OutOfMemoryException)
            {
                // It is dead.
            }

            hasDied = disk.HasFailed;
            if (!hasDied)
                return false;
            await ReviveAsync(scene.Test);
        }

        var what = string.Create(CultureInfo.InvariantCulture, $"seed {seed}: {call} {nth}{(inUndo ? " in undo" : "")}");
        if (!inUndo)
        {
            await scene.ApplyAsync(wishes);
            Assert.True(await PlainAsync(seed) == await scene.LookAsync(), $"{what}\nbefore:\n{before}\nplain:\n{await PlainAsync(seed)}\ngot:\n{await scene.LookAsync()}");
        }

        // What it was broken off in, it may have ended: then undo what there is, newest first.
        foreach (var head in ChangeRun.List(scene.Test.Maildir).Where(head => head.Kind == "apply").Reverse())
            await scene.UndoAsync(head.Id);
        Assert.True(before == await scene.LookAsync(), $"{what}\nbefore:\n{before}\nafter:\n{await scene.LookAsync()}");
        return true;
    }

    private static async Task<string> PlainAsync(int seed)
    {
        var random = new Random(seed);
        await using var scene = await RunScene.MakeAsync(random, 7);
        await scene.ApplyAsync(await scene.WishAsync(random));
        return await scene.LookAsync();
    }

    private static async Task ReviveAsync(TestStore test)
    {
        await test.RestartAsync();
        foreach (var path in Directory.GetFiles(test.Data, "*.lock", SearchOption.AllDirectories))
            await File.WriteAllTextAsync(path, $"{int.MaxValue}:{Environment.MachineName}", TestStore.Token);
    }

    private static string Because(int seed, int round, string text) => string.Create(CultureInfo.InvariantCulture, $"seed {seed}, round {round}: {text}");
}
