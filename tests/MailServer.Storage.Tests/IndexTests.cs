using System.Text;

namespace MailServer.Storage.Tests;

/// <summary>The index is a cache: whatever becomes of it, the folder is what its files are, and no client is misled.</summary>
public sealed class IndexTests
{
    private static string PathOf(TestStore test) => Path.Combine(test.Maildir, FolderIndex.FileName);

    [Fact]
    public async Task A_folder_that_has_not_changed_is_opened_without_a_look_at_its_uid_list()
    {
        await using var test = await WithMessagesAsync(3);
        var before = FolderIndex.Read(PathOf(test))!;
        Assert.NotEqual(default, before.State.Times);

        // Proof: the list now says another thing under its old stamp, and nobody has noticed.
        var list = Path.Combine(test.Maildir, UidList.FileName);
        var (text, time) = (await File.ReadAllTextAsync(list, TestStore.Token), File.GetLastWriteTimeUtc(list));
        await File.WriteAllTextAsync(list, text.Replace("\n2 ", "\n9 ", StringComparison.Ordinal), TestStore.Token);
        File.SetLastWriteTimeUtc(list, time);
        var stamp = FileStamp.Of(PathOf(test));
        await using (var view = await test.ViewAsync())
        {
            Assert.Equal([1, 2, 3], TestStore.Uids(view));
            Assert.Equal("Subject: 2\r\n\r\nbody\r\n", await TestStore.ReadAsync(view, 2));
        }

        // And reading needs no write.
        await test.StopAndStartAsync();
        Assert.Equal(stamp, FileStamp.Of(PathOf(test)));
    }

    [Fact]
    public async Task What_other_programs_changed_meanwhile_is_seen()
    {
        await using var test = await WithMessagesAsync(3);
        var cur = Path.Combine(test.Maildir, "cur");
        var files = Directory.GetFiles(cur).Order().ToArray();
        File.Delete(files[0]);
        File.Move(files[1], files[1] + "F");
        await File.WriteAllTextAsync(Path.Combine(cur, "1.a.x:2,"), "Subject: new\n\n", TestStore.Token);
        await using var view = await test.ViewAsync();
        await TestStore.UntilAsync(view, () => view.Count == 3);
        Assert.Equal([2, 3, 4], TestStore.Uids(view));
        Assert.Equal(SystemFlags.Flagged, view.FlagsAt(1).System);
    }

    /// <summary>The watcher tells of it only later, and the directories' times are those that our own change has left.</summary>
    [Fact]
    public async Task What_others_changed_while_we_did_is_seen_after_a_restart()
    {
        await using var test = new TestStore(polls: true);
        await test.DeliverAsync();
        await using (await test.ViewAsync())
            await Task.Delay(50, TestStore.Token); // the folder's time is past
        await using (await test.ViewAsync())
        {
            test.Store.Context.Steps = step =>
            {
                if (step == "named")
                    File.WriteAllText(Path.Combine(test.Maildir, "cur", "1.a.x:2,"), "Subject: theirs\n\n");
            };
            await test.AppendAsync("Subject: ours\r\n\r\n");
            test.Store.Context.Steps = null;
            await Task.Delay(50, TestStore.Token);
        }

        await test.StopAndStartAsync();
        await using var view = await test.ViewAsync();
        Assert.Equal(3, view.Count);
    }

    [Fact]
    public async Task A_change_of_one_message_writes_little()
    {
        await using var test = await WithMessagesAsync(500);
        var before = new FileInfo(PathOf(test)).Length;
        await using (var view = await test.ViewAsync())
            await view.StoreAsync([250], FlagChange.Add, SystemFlags.Flagged, TestStore.Token);
        await test.StopAndStartAsync();
        Assert.InRange(new FileInfo(PathOf(test)).Length - before, 1, 1000);
        await using var again = await test.ViewAsync();
        Assert.Equal(SystemFlags.Flagged, again.FlagsAt(250).System);
        Assert.Equal(500, again.Count);
    }

    [Fact]
    public async Task An_index_that_is_mostly_outdated_is_written_anew()
    {
        await using var test = await WithMessagesAsync(2);
        for (var round = 0; round < 2; round++)
        {
            await using (var view = await test.ViewAsync())
                for (var i = 0; i < 700; i++)
                    await view.StoreAsync([1], i % 2 == 0 ? FlagChange.Add : FlagChange.Remove, SystemFlags.Flagged, TestStore.Token);
            await test.StopAndStartAsync();
        }

        Assert.InRange(new FileInfo(PathOf(test)).Length, 1, 10_000); // 1,400 changes in two writes
    }

    [Fact]
    public async Task MODSEQs_stay_over_a_shutdown_and_all_grow_after_a_kill()
    {
        await using var test = await WithMessagesAsync(3);
        ulong[] before;
        ulong highest;
        await using (var view = await test.ViewAsync())
            (before, highest) = (ModSeqs(view), view.HighestModSeq);
        await test.StopAndStartAsync();
        await using (var view = await test.ViewAsync())
        {
            Assert.Equal(before, ModSeqs(view));
            Assert.Equal(highest, view.HighestModSeq);
            await view.StoreAsync([2], FlagChange.Add, SystemFlags.Flagged, TestStore.Token);
            highest = view.InfoAt(2).ModSeq;

            // A second change of the same message back to what the index has: only the mark tells that a client knows more.
            await view.StoreAsync([2], FlagChange.Remove, SystemFlags.Flagged, TestStore.Token);
            highest = view.InfoAt(2).ModSeq;
            await test.RestartAsync();
        }

        await using var after = await test.ViewAsync();
        Assert.All(ModSeqs(after), modSeq => Assert.True(modSeq > highest));
        Assert.True(after.HighestModSeq > highest);
    }

    public static TheoryData<string> Breaks => ["missing", "empty", "torn tail", "torn head", "old version", "a bit in the first frame", "a bit in the last frame", "a bit in the middle", "rubbish behind"];

    [Theory]
    [MemberData(nameof(Breaks))]
    public async Task A_broken_index_costs_nothing_but_time(string how)
    {
        await using var test = await WithMessagesAsync(5);
        await using (var view = await test.ViewAsync())
            await view.StoreAsync([3], FlagChange.Add, new MessageFlags { System = SystemFlags.Flagged, Keywords = ["work"] }, TestStore.Token);
        await test.StopAndStartAsync();
        await using (var view = await test.ViewAsync())
            await view.ExpungeAsync([1], TestStore.Token);
        await test.StopAndStartAsync();
        ulong highest;
        await using (var view = await test.ViewAsync())
            highest = view.HighestModSeq;
        await test.StopAndStartAsync();

        await BreakAsync(PathOf(test), how);
        for (var round = 0; round < 2; round++)
        {
            await using (var view = await test.ViewAsync())
            {
                Assert.Equal([2, 3, 4, 5], TestStore.Uids(view));
                Assert.Equal((SystemFlags.Flagged, "work"), (view.FlagsAt(2).System, string.Join(' ', view.FlagsAt(2).Keywords)));
                for (var i = 1; i <= 4; i++)
                    Assert.Equal($"Subject: {i + 1}\r\n\r\nbody\r\n", await TestStore.ReadAsync(view, i));
                Assert.True(view.HighestModSeq >= highest);
            }

            await test.StopAndStartAsync();
        }

        // It is whole again.
        var mended = FolderIndex.Read(PathOf(test))!;
        Assert.Null(mended.Damage);
        Assert.Equal([2, 3, 4, 5], mended.Entries.Select(entry => entry.Uid));
    }

    /// <summary>Changes in any order, restarts and kills in between; the seed is printed.</summary>
    [Fact]
    public async Task After_any_changes_the_index_says_what_the_folder_is()
    {
        var seed = Environment.GetEnvironmentVariable("MAILSERVER_SEED") is { } given
            ? int.Parse(given, System.Globalization.CultureInfo.InvariantCulture)
            : Random.Shared.Next();
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed} (MAILSERVER_SEED)");
        var random = new Random(seed);
        await using var test = await WithMessagesAsync(20);
        for (var round = 0; round < 25; round++)
        {
            (uint, SystemFlags)[] told;
            await using (var view = await test.ViewAsync())
            {
                for (var change = random.Next(4); change >= 0; change--)
                    await ChangeAsync(test, view, random);
                Assert.Null((await view.RefreshAsync(true, TestStore.Token)).Problem);
                told = Told(view);
            }

            if (random.Next(3) > 0)
                await test.StopAndStartAsync();
            else
                await test.RestartAsync();
            await using var again = await test.ViewAsync();
            Assert.Equal(told, Told(again));
            for (var i = 1; i <= again.Count; i++)
                Assert.Equal((await TestStore.ReadAsync(again, i)).Length, again.InfoAt(i).Size);
        }
    }

    private static async Task ChangeAsync(TestStore test, IFolderView view, Random random)
    {
        switch (view.Count == 0 ? 0 : random.Next(5))
        {
            case 0:
                await test.AppendAsync($"Subject: {random.Next()}\r\n\r\nbody\r\n");
                break;
            case 1:
                await view.ExpungeAsync([random.Next(view.Count) + 1], TestStore.Token);
                break;
            case 2:
                var files = Directory.GetFiles(Path.Combine(test.Maildir, "cur"));
                File.Delete(files[random.Next(files.Length)]);
                break;
            case 3:
                await File.WriteAllTextAsync(Path.Combine(test.Maildir, "new", $"{random.Next()}.x.y"), "Subject: outside\n\n", TestStore.Token);
                break;
            default:
                await view.StoreAsync([random.Next(view.Count) + 1], (FlagChange)random.Next(3), (SystemFlags)random.Next(32), TestStore.Token);
                break;
        }

        for (var look = 0; look < 2; look++)
            Assert.Null((await view.RefreshAsync(true, TestStore.Token)).Problem);
        await TestStore.UntilAsync(view, () => view.Count == Directory.GetFiles(Path.Combine(test.Maildir, "cur")).Length);
    }

    private static (uint, SystemFlags)[] Told(IFolderView view) =>
        [.. Enumerable.Range(1, view.Count).Select(i => (view.UidAt(i), view.FlagsAt(i).System))];

    private static ulong[] ModSeqs(IFolderView view) => [.. Enumerable.Range(1, view.Count).Select(i => view.InfoAt(i).ModSeq)];

    /// <summary>A folder that was closed well, long enough after its last change for the times of its directories to say so.</summary>
    private static async Task<TestStore> WithMessagesAsync(int count)
    {
        var test = new TestStore();
        for (var i = 1; i <= count; i++)
            await test.AppendAsync($"Subject: {i}\r\n\r\nbody\r\n");
        await using (var view = await test.ViewAsync())
            await view.MeasureAsync(1, count, TestStore.Token);

        // Until a look has seen what the changes have left, which the index says then.
        for (var tries = 0; tries < 20; tries++)
        {
            await using (await test.ViewAsync())
                await Task.Delay(100, TestStore.Token);
            await test.StopAndStartAsync();
            if (FolderIndex.Read(PathOf(test))!.State.Times != default)
                break;
        }

        return test;
    }

    private static async Task BreakAsync(string path, string how)
    {
        var octets = await File.ReadAllBytesAsync(path, TestStore.Token);
        switch (how)
        {
            case "missing":
                File.Delete(path);
                return;
            case "empty":
                octets = [];
                break;
            case "torn tail":
                octets = octets[..^3];
                break;
            case "torn head":
                octets = octets[..10];
                break;
            case "old version":
                octets[4] = 1;
                break;
            case "a bit in the first frame":
                octets[FolderIndex.HeadLength + IndexFrame.HeadLength + 2] ^= 4;
                break;
            case "a bit in the last frame":
                octets[^1] ^= 1;
                break;
            case "a bit in the middle":
                octets[octets.Length / 2] ^= 16;
                break;
            default:
                octets = [.. octets, .. Encoding.ASCII.GetBytes("rubbish that is no frame at all")];
                break;
        }

        await File.WriteAllBytesAsync(path, octets, TestStore.Token);
    }
}
