namespace MailServer.Storage.Tests;

/// <summary>Other programs change the Maildir while sessions have it open.</summary>
public sealed class OutsideTests
{
    [Fact]
    public async Task A_file_put_into_new_is_seen_and_one_with_flags_there_too()
    {
        await using var test = new TestStore();
        await using var view = await test.ViewAsync();
        await File.WriteAllTextAsync(Path.Combine(test.Maildir, "new", "1.a.x"), "Subject: a\n\nx\n", TestStore.Token);
        await File.WriteAllTextAsync(Path.Combine(test.Maildir, "new", "2.b.x,U=7:2,FS"), "b\n", TestStore.Token);
        await TestStore.UntilAsync(view, () => view.Count == 2);
        Assert.Equal(SystemFlags.None, view.InfoAt(1).Flags.System);
        Assert.Equal(SystemFlags.Flagged | SystemFlags.Seen, view.InfoAt(2).Flags.System);
        Assert.Equal(17, view.InfoAt(1).Size);
        Assert.Equal(2, view.RecentCount);
    }

    [Theory]
    [InlineData("", "F", SystemFlags.Flagged)]
    [InlineData("S", "", SystemFlags.None)]
    [InlineData("S", "RS", SystemFlags.Answered | SystemFlags.Seen)]
    public async Task Flags_that_change_while_a_message_moves_go_with_it(string before, string after, SystemFlags expected)
    {
        await using var test = new TestStore();
        await (await test.AccountAsync()).CreateAsync(new("Work"), null, TestStore.Token);
        await test.DeliverAsync();
        await using var view = await test.ViewAsync();
        var path = Assert.Single(Directory.GetFiles(Path.Combine(test.Maildir, "cur")));
        File.Move(path, path + before);
        await TestStore.UntilAsync(view, () => view.InfoAt(1).Flags.System == (before.Length > 0 ? SystemFlags.Seen : SystemFlags.None));

        // The copy is there, and the message has not gone yet.
        test.Store.Context.Steps = step =>
        {
            if (step is "uidlist appended" or "uidlist replaced" && File.Exists(path + before))
                File.Move(path + before, path + after);
        };
        var moved = (await view.MoveAsync([1], new("Work"), TestStore.Token)).Value;

        Assert.Equal(0, view.Count);
        Assert.Empty(Directory.GetFiles(Path.Combine(test.Maildir, "cur")));
        await using var work = await test.ViewAsync("Work");
        Assert.Equal(moved.TargetUids, TestStore.Uids(work));
        Assert.Equal(expected, work.InfoAt(1).Flags.System);
    }

    [Fact]
    public async Task A_rename_is_a_change_of_flags_and_no_expunge()
    {
        await using var test = new TestStore();
        await test.DeliverAsync();
        await using var view = await test.ViewAsync();
        var path = Assert.Single(Directory.GetFiles(Path.Combine(test.Maildir, "cur")));
        File.Move(path, path + "RX"); // X means nothing to us
        ViewChanges changes = ViewChanges.None;
        await TestStore.UntilAsync(view, () => view.InfoAt(1).Flags.System == SystemFlags.Answered);
        Assert.Equal([1u], TestStore.Uids(view));

        // Our own change keeps the foreign letter.
        await view.StoreAsync([1], FlagChange.Add, SystemFlags.Seen, TestStore.Token);
        Assert.EndsWith(":2,RSX", Assert.Single(Directory.GetFiles(Path.Combine(test.Maildir, "cur"))), StringComparison.Ordinal);
        Assert.Same(ViewChanges.None, changes);
    }

    [Fact]
    public async Task A_message_can_be_read_and_flagged_under_its_new_name_before_any_look()
    {
        await using var test = new TestStore();
        await test.DeliverAsync("Subject: x\r\n\r\nbody\r\n");
        await using var view = await test.ViewAsync();
        var path = Assert.Single(Directory.GetFiles(Path.Combine(test.Maildir, "cur")));
        File.Move(path, path + "F");
        Assert.Equal("Subject: x\r\n\r\nbody\r\n", await TestStore.ReadAsync(view, 1));
        File.Move(path + "F", path + "FR");
        Assert.Equal([1], (await view.StoreAsync([1], FlagChange.Add, SystemFlags.Seen, TestStore.Token)).Value);
        Assert.Equal(path + "FRS", Assert.Single(Directory.GetFiles(Path.Combine(test.Maildir, "cur"))));
    }

    [Fact]
    public async Task A_file_that_is_gone_is_expunged_and_the_others_keep_their_uids()
    {
        await using var test = new TestStore();
        for (var i = 0; i < 3; i++)
            await test.DeliverAsync();
        await using var view = await test.ViewAsync();
        var validity = view.UidValidity;
        foreach (var path in Directory.GetFiles(Path.Combine(test.Maildir, "cur")).Order().Take(1))
            File.Delete(path);
        await TestStore.UntilAsync(view, () => view.Count == 2);
        Assert.Equal([2, 3], TestStore.Uids(view));
        await using var again = await test.ViewAsync();
        Assert.Equal(validity, again.UidValidity);
    }

    /// <summary>Others never leave the folder in peace: what a look cannot know, no later one would.</summary>
    [Theory]
    [InlineData("", 1)]
    [InlineData("cur", 1)] // a flag changes within every look
    [InlineData("new", 2)] // mail comes within every look
    public async Task A_file_that_is_gone_is_certain_after_so_many_looks(string busy, int certainAfter)
    {
        await using var test = new TestStore(polls: true);
        var paths = await PutIntoCurAsync(test, 2);
        await using var view = await test.ViewAsync(access: FolderAccess.ReadOnly);
        await SettleAsync(view);
        var (looks, certain, name) = (0, 0, paths[1]);
        test.Store.Context.Steps = step =>
        {
            if (step == "looked")
            {
                looks++;
                certain = certain == 0 && view.HasChanges ? looks : certain;
            }

            if (step != "new read")
                return;
            if (busy == "cur")
                File.Move(name, name = paths[1] + (looks % 2 == 0 ? "F" : "S"));
            else if (busy == "new")
                File.WriteAllText(Path.Combine(test.Maildir, "tmp", "x"), "x\n");
            if (busy == "new")
                File.Move(Path.Combine(test.Maildir, "tmp", "x"), Path.Combine(test.Maildir, "new", $"3.{looks}.x"));
        };
        File.Delete(paths[0]);
        await TestStore.UntilAsync(view, () => !TestStore.Uids(view).Contains(1u));
        test.Store.Context.Steps = null;
        Assert.Contains(2u, TestStore.Uids(view));
        Assert.Equal(certainAfter, certain);
    }

    /// <summary>A look reads <c>new</c> first: a file that goes the other way meanwhile is in neither list.</summary>
    [Fact]
    public async Task A_file_that_goes_from_cur_to_new_within_a_look_is_not_expunged()
    {
        await using var test = new TestStore();
        var paths = await PutIntoCurAsync(test, 2);
        await using var view = await test.ViewAsync(access: FolderAccess.ReadOnly);
        await SettleAsync(view);
        var back = Path.Combine(test.Maildir, "new", Path.GetFileName(paths[0]));
        var isMoved = false;
        test.Store.Context.Steps = step =>
        {
            if (step != "new read" || isMoved)
                return;
            isMoved = true;
            File.Move(paths[0], back);
        };
        File.Move(paths[1], paths[1] + "F");
        await TestStore.UntilAsync(view, () => view.FlagsAt(2).System == SystemFlags.Flagged && isMoved);
        test.Store.Context.Steps = null;
        for (var i = 0; i < 5; i++)
        {
            Assert.Empty((await view.RefreshAsync(true, TestStore.Token)).Value.Expunged.Uids);
            await Task.Delay(50, TestStore.Token);
        }

        Assert.Equal([1, 2], TestStore.Uids(view));
    }

    [Theory]
    [InlineData(0, 5000, 50)]
    [InlineData(1, 5000, 50)]
    [InlineData(8, 0, 80)]    // a tenth of a processor, in a folder that never rests
    [InlineData(8, 20, 60)]
    [InlineData(8, 1000, 50)] // at once after some quiet
    [InlineData(400, 0, 1000)]
    [InlineData(400, 3000, 50)]
    public void A_look_waits_for_more_changes_and_for_other_work(int cost, int since, int wait) =>
        Assert.Equal(TimeSpan.FromMilliseconds(wait), FolderRescan.Pause(TimeSpan.FromMilliseconds(cost), TimeSpan.FromMilliseconds(since)));

    private static async Task<string[]> PutIntoCurAsync(TestStore test, int count)
    {
        await test.AccountAsync();
        string[] paths = [.. Enumerable.Range(1, count).Select(i => Path.Combine(test.Maildir, "cur", $"{i}.a.x:2,"))];
        foreach (var path in paths)
            await File.WriteAllTextAsync(path, "Subject: a\n\n", TestStore.Token);
        return paths;
    }

    /// <summary>Waits until the directories' times are past, and a look has seen them so.</summary>
    private static async Task SettleAsync(IFolderView view)
    {
        for (var i = 0; i < 4; i++)
        {
            await Task.Delay(60, TestStore.Token);
            Assert.Null((await view.RefreshAsync(true, TestStore.Token)).Problem);
        }
    }

    [Fact]
    public async Task A_look_that_is_given_up_between_is_made_up_for_by_the_next()
    {
        await using var test = new TestStore(polls: true);
        var paths = await PutIntoCurAsync(test, 2);
        await using var view = await test.ViewAsync();
        await SettleAsync(view);
        var folder = await test.Store.Folders.AcquireAsync(test.Store.PathsOf(TestStore.Alice).PlaceOf(FolderName.Inbox)!, TestStore.Token);
        folder.Rescan.Stop(); // nobody else looks
        using var given = new CancellationTokenSource();
        File.Delete(paths[0]);
        test.Store.Context.Steps = step =>
        {
            if (step == "new read")
                Directory.SetLastWriteTimeUtc(Path.Combine(test.Maildir, "new"), DateTime.UtcNow); // so one look is not enough
            if (step == "looked")
                given.Cancel();
        };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await folder.SynchronizeAsync(force: true, given.Token));
        test.Store.Context.Steps = null;
        Assert.Equal([1, 2], TestStore.Uids(view));
        await view.RefreshAsync(true, TestStore.Token);
        Assert.Equal([2], TestStore.Uids(view));
        await test.Store.Folders.ReleaseAsync(folder);
    }

    [Fact]
    public async Task A_change_within_the_tick_of_a_look_is_seen_by_the_next()
    {
        await using var test = new TestStore(polls: true);
        await using var view = await test.ViewAsync();
        var cur = Path.Combine(test.Maildir, "cur");
        var tick = DateTime.UtcNow.AddMinutes(1); // as long a tick as the look may take
        Directory.SetLastWriteTimeUtc(cur, tick);
        test.Store.Context.Steps = step =>
        {
            if (step != "looked" || File.Exists(Path.Combine(cur, "1.a.x:2,")))
                return;
            File.WriteAllText(Path.Combine(cur, "1.a.x:2,"), "Subject: a\n\n");
            Directory.SetLastWriteTimeUtc(cur, tick);
        };
        await view.RefreshAsync(true, TestStore.Token);
        test.Store.Context.Steps = null;
        Assert.Equal(0, view.Count);
        await view.RefreshAsync(true, TestStore.Token);
        Assert.Equal([1], TestStore.Uids(view));
    }

    [Fact]
    public async Task Changes_that_memory_knows_are_told_without_another_look()
    {
        await using var test = new TestStore();
        await test.DeliverAsync();
        await using var view = await test.ViewAsync();
        await using var other = await test.ViewAsync();
        await other.StoreAsync([1], FlagChange.Add, SystemFlags.Flagged, TestStore.Token);
        await File.WriteAllTextAsync(Path.Combine(test.Maildir, "cur", "1.a.x:2,"), "Subject: a\n\n", TestStore.Token);
        var looks = 0;
        var thread = Environment.CurrentManagedThreadId;
        test.Store.Context.Steps = step => looks += step == "looked" && Environment.CurrentManagedThreadId == thread ? 1 : 0;
        Assert.Equal([1], (await view.RefreshAsync(true, TestStore.Token)).Value.FlagsChanged);
        test.Store.Context.Steps = null;
        Assert.Equal(0, looks);
        await TestStore.UntilAsync(view, () => view.Count == 2);
    }

    [Fact]
    public async Task A_name_that_comes_back_has_its_uid_again()
    {
        await using var test = new TestStore();
        await test.DeliverAsync();
        await test.DeliverAsync();
        var cur = Path.Combine(test.Maildir, "cur");
        string path, aside;
        await using (var view = await test.ViewAsync())
        {
            path = Directory.GetFiles(cur).Order().First();
            aside = Path.Combine(test.Data, "aside");
            File.Move(path, aside);
            await TestStore.UntilAsync(view, () => view.Count == 1);
        }

        File.Move(aside, path);
        await test.RestartAsync();
        await using var again = await test.ViewAsync();
        Assert.Equal([1, 2], TestStore.Uids(again));
    }

    [Fact]
    public async Task A_message_that_was_away_for_a_moment_was_never_away()
    {
        await using var test = new TestStore();
        await test.DeliverAsync();
        await using var view = await test.ViewAsync();
        var path = Assert.Single(Directory.GetFiles(Path.Combine(test.Maildir, "cur")));
        File.Move(path, Path.Combine(test.Data, "aside"));
        await TestStore.UntilAsync(await test.ViewAsync(), () => view.HasChanges);
        File.Move(Path.Combine(test.Data, "aside"), path);
        var changes = (await view.RefreshAsync(true, TestStore.Token)).Value;
        Assert.Empty(changes.Expunged.Uids);
        Assert.Equal([1], TestStore.Uids(view));
    }

    [Fact]
    public async Task Two_files_with_one_base_name_become_two_messages()
    {
        await using var test = new TestStore();
        await test.DeliverAsync();
        await using var view = await test.ViewAsync();
        var path = Assert.Single(Directory.GetFiles(Path.Combine(test.Maildir, "cur")));
        File.Copy(path, path + "S");
        await TestStore.UntilAsync(view, () => view.Count == 2);
        var names = Directory.GetFiles(Path.Combine(test.Maildir, "cur")).Select(file => MessageName.BaseOf(Path.GetFileName(file)).ToString()).ToList();
        Assert.Equal(2, names.Distinct().Count());
        Assert.Equal(1u, view.UidAt(1));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)] // when only the UID list tells what was known: the elder
    public async Task Of_two_files_with_one_base_name_the_one_that_is_known_keeps_its_UID(bool isAfterKill)
    {
        await using var test = new TestStore();
        const int Messages = 20; // in whatever order the directory lists the two
        for (var i = 1; i <= Messages; i++)
            await test.DeliverAsync($"Subject: known {i}\r\n\r\n");
        var first = await test.ViewAsync();
        var paths = Directory.GetFiles(Path.Combine(test.Maildir, "cur"));
        if (isAfterKill)
        {
            await test.RestartAsync();
            File.Delete(Path.Combine(test.Maildir, FolderIndex.FileName));
        }

        foreach (var path in paths)
        {
            await File.WriteAllTextAsync(path + "F", "Subject: other\n\n", TestStore.Token);
            File.SetLastWriteTimeUtc(path, DateTime.UtcNow.AddMinutes(-1));
        }

        await using var view = isAfterKill ? await test.ViewAsync() : first;
        await TestStore.UntilAsync(view, () => view.Count == 2 * Messages);
        for (var i = 1; i <= Messages; i++)
            Assert.Equal($"Subject: known {i}\r\n\r\n", await TestStore.ReadAsync(view, i));
        Assert.Equal(Enumerable.Range(1, 2 * Messages).Select(uid => (uint)uid), TestStore.Uids(view));
    }

    [Fact]
    public async Task Sizes_in_a_name_are_hints_and_not_the_truth()
    {
        await using var test = new TestStore();
        await test.AccountAsync();
        await File.WriteAllTextAsync(Path.Combine(test.Maildir, "cur", "1.a.x,S=4,W=6:2,"), "a\nb\n", TestStore.Token);
        await File.WriteAllTextAsync(Path.Combine(test.Maildir, "cur", "2.b.x,S=9,W=99:2,"), "a\nb\n", TestStore.Token);
        await File.WriteAllTextAsync(Path.Combine(test.Maildir, "cur", "3.c.x,S=6:2,"), "a\r\nb\n", TestStore.Token);
        await using var view = await test.ViewAsync();
        Assert.Equal([6L, 6L, 6L], Enumerable.Range(1, 3).Select(i => view.InfoAt(i).Size));
    }

    [Theory]
    [InlineData("1.a.x,S=3,W=4", true)]  // as Dovecot names what was appended so
    [InlineData("1.a.x,S=4,W=6", false)]
    [InlineData("1.a.x,S=2,W=2", true)]  // wrong sizes
    [InlineData("1.a.x,W=4", true)]
    [InlineData("1.a.x", true)]
    public async Task POP3_knows_of_a_last_line_without_an_end_whatever_another_program_says(string name, bool isOpen)
    {
        await using var test = new TestStore();
        await test.AccountAsync();
        await File.WriteAllTextAsync(Path.Combine(test.Maildir, "cur", name + ":2,"), isOpen ? "a\nb" : "a\nb\n", TestStore.Token);
        await using var view = await test.ViewAsync(access: FolderAccess.Maildrop);
        Assert.Equal((isOpen ? 4 : 6, isOpen), (view.InfoAt(1).Size, view.InfoAt(1).HasOpenEnd));
    }

    [Fact]
    public async Task A_folder_deleted_by_others_ends_its_sessions()
    {
        await using var test = new TestStore();
        await test.DeliverAsync(folder: "A");
        await using var view = await test.ViewAsync("A");
        Directory.Delete(Path.Combine(test.Maildir, ".A"), recursive: true);
        for (var i = 0; i < 100 && (await view.RefreshAsync(true, TestStore.Token)).Problem is null; i++)
            await Task.Delay(50, TestStore.Token);
        Assert.Equal(ProblemReason.NotFound, (await view.RefreshAsync(true, TestStore.Token)).Problem!.Reason);
        await test.DeliverAsync(folder: "A");
        await using var again = await test.ViewAsync("A");
        Assert.Equal(1, again.Count);
        Assert.NotEqual(view.UidValidity, again.UidValidity);
    }

    [Fact]
    public async Task Uids_that_another_program_has_given_are_taken_over()
    {
        await using var test = new TestStore();
        await test.DeliverAsync();
        await using var view = await test.ViewAsync();
        var list = Path.Combine(test.Maildir, UidList.FileName);
        await File.WriteAllTextAsync(Path.Combine(test.Maildir, "tmp", "9.z.x"), "z\n", TestStore.Token);
        await File.AppendAllTextAsync(list, "40 :9.z.x\n", TestStore.Token);
        File.Move(Path.Combine(test.Maildir, "tmp", "9.z.x"), Path.Combine(test.Maildir, "cur", "9.z.x:2,S"));
        await TestStore.UntilAsync(view, () => view.Count == 2);
        Assert.Equal([1, 40], TestStore.Uids(view));
        Assert.Equal(41u, view.UidNext);
    }

    [Fact]
    public async Task A_keyword_that_another_program_has_named_is_seen_with_its_message()
    {
        await using var test = new TestStore();
        await test.AppendAsync("a\r\n", flags: new() { Keywords = ["Mine"] });
        await using var view = await test.ViewAsync();
        await File.AppendAllTextAsync(Path.Combine(test.Maildir, KeywordFile.FileName), "1 Theirs\n", TestStore.Token);
        var path = Assert.Single(Directory.GetFiles(Path.Combine(test.Maildir, "cur")));
        File.Move(path, path + "b");
        await TestStore.UntilAsync(view, () => view.InfoAt(1).Flags.Keywords.Count == 2);
        Assert.Equal(["Mine", "Theirs"], view.InfoAt(1).Flags.Keywords);
        await view.StoreAsync([1], FlagChange.Add, new MessageFlags { Keywords = ["third"] }, TestStore.Token);
        Assert.Equal("0 Mine\n1 Theirs\n2 third\n", await File.ReadAllTextAsync(Path.Combine(test.Maildir, KeywordFile.FileName), TestStore.Token));
    }
}
