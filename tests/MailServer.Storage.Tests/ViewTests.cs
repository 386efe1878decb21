using MailServer.TestKit;

namespace MailServer.Storage.Tests;

public sealed class ViewTests
{
    [Fact]
    public async Task A_session_takes_the_recent_ones_and_moves_them_to_cur()
    {
        await using var test = new TestStore();
        await test.DeliverAsync();
        await using (var examined = await test.ViewAsync(access: FolderAccess.ReadOnly))
        {
            Assert.Equal(1, examined.RecentCount);
            Assert.Single(Directory.GetFiles(Path.Combine(test.Maildir, "new")));
        }

        await using var first = await test.ViewAsync();
        await using var second = await test.ViewAsync();
        Assert.True(first.IsRecent(1));
        Assert.False(second.IsRecent(1));
        Assert.Empty(Directory.GetFiles(Path.Combine(test.Maildir, "new")));
        Assert.EndsWith(":2,", Assert.Single(Directory.GetFiles(Path.Combine(test.Maildir, "cur"))), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Uids_are_given_once_and_survive_a_restart()
    {
        await using var test = new TestStore();
        for (var i = 0; i < 3; i++)
            await test.DeliverAsync($"Subject: {i}\r\n\r\n");
        uint validity;
        await using (var view = await test.ViewAsync())
        {
            Assert.Equal([1, 2, 3], TestStore.Uids(view));
            validity = view.UidValidity;
            Assert.Null((await view.ExpungeAsync([3], TestStore.Token)).Problem);
        }

        await test.RestartAsync();
        await test.DeliverAsync();
        await using var again = await test.ViewAsync();
        Assert.Equal([1, 2, 4], TestStore.Uids(again));
        Assert.Equal(validity, again.UidValidity);
        Assert.Equal(5u, again.UidNext);
    }

    [Fact]
    public async Task Expunge_numbers_each_after_those_before_it()
    {
        await using var test = new TestStore();
        for (var i = 0; i < 5; i++)
            await test.DeliverAsync();
        await using var view = await test.ViewAsync();
        await using var other = await test.ViewAsync();
        Assert.Equal([2, 4, 5], (await view.StoreAsync([2, 4, 5], FlagChange.Add, SystemFlags.Deleted, TestStore.Token)).Value);

        var expunged = (await view.ExpungeAsync(null, TestStore.Token)).Value;
        Assert.Equal([2, 3, 3], expunged.Sequences);
        Assert.Equal([2u, 4u, 5u], expunged.Uids);
        Assert.Equal([1, 3], TestStore.Uids(view));

        // The other session hears of it when it may.
        Assert.True(other.HasChanges);
        Assert.Empty((await other.RefreshAsync(false, TestStore.Token)).Value.Expunged.Uids);
        Assert.Equal(5, other.Count);
        Assert.Equal([2, 3, 3], (await other.RefreshAsync(true, TestStore.Token)).Value.Expunged.Sequences);
        Assert.Equal([1, 3], TestStore.Uids(other));
    }

    [Fact]
    public async Task Own_changes_are_not_told_again_and_others_are()
    {
        await using var test = new TestStore();
        await test.DeliverAsync();
        await test.DeliverAsync();
        await using var view = await test.ViewAsync();
        await using var other = await test.ViewAsync();
        await other.RefreshAsync(true, TestStore.Token);

        var before = view.InfoAt(1).ModSeq;
        await view.StoreAsync([1], FlagChange.Replace, new MessageFlags { System = SystemFlags.Seen, Keywords = ["Later"] }, TestStore.Token);
        Assert.True(view.InfoAt(1).ModSeq > before);
        Assert.Empty((await view.RefreshAsync(true, TestStore.Token)).Value.FlagsChanged);
        Assert.Equal([1], (await other.RefreshAsync(true, TestStore.Token)).Value.FlagsChanged);
        Assert.Equal(["Later"], other.InfoAt(1).Flags.Keywords);
        Assert.Equal(["Later"], other.Keywords);

        await other.StoreAsync([1], FlagChange.Remove, new MessageFlags { System = SystemFlags.Seen, Keywords = ["LATER"] }, TestStore.Token);
        Assert.Equal(default, other.InfoAt(1).Flags);
    }

    [Fact]
    public async Task Keywords_beyond_26_are_kept_with_their_case()
    {
        await using var test = new TestStore();
        string[] names = [.. Enumerable.Range(0, 40).Select(i => $"Key{i}")];
        await test.AppendAsync("a\r\n", flags: new() { Keywords = names[..30] });
        await using (var view = await test.ViewAsync())
        {
            await view.StoreAsync([1], FlagChange.Add, new MessageFlags { Keywords = names }, TestStore.Token);
            Assert.Null((await (await test.AccountAsync()).CreateAsync(new("B"), null, TestStore.Token)));
            Assert.Equal(1u, Assert.Single((await view.CopyAsync([1], new("B"), TestStore.Token)).Value.TargetUids));
        }

        await test.RestartAsync();
        foreach (var folder in (string[])["INBOX", "B"])
        {
            await using var again = await test.ViewAsync(folder);
            Assert.Equal(names.Order(), again.InfoAt(1).Flags.Keywords.Order());
        }
    }

    [Fact]
    public async Task Copy_keeps_flags_and_date_and_makes_a_new_base_name()
    {
        await using var test = new TestStore();
        var date = new DateTimeOffset(2004, 3, 1, 7, 59, 59, TimeSpan.Zero);
        await test.AppendAsync("Subject: a\r\n\r\nx\r\n", flags: SystemFlags.Flagged, date: date);
        await test.AppendAsync("Subject: b\r\n\r\nx\r\n", date: date);
        Assert.Null(await (await test.AccountAsync()).CreateAsync(new("T/U"), null, TestStore.Token));
        await using var view = await test.ViewAsync();
        await using var target = await test.ViewAsync("T/U");

        var copied = (await view.CopyAsync([1, 2], new("T/U"), TestStore.Token)).Value;
        Assert.Equal([1u, 2u], copied.SourceUids);
        Assert.Equal([1u, 2u], copied.TargetUids);
        Assert.Equal(target.UidValidity, copied.UidValidity);
        Assert.True((await target.RefreshAsync(true, TestStore.Token)).Value.HasNew);
        Assert.Equal((date, SystemFlags.Flagged, 17L), (target.InfoAt(1).InternalDate, target.InfoAt(1).Flags.System, target.InfoAt(1).Size));
        Assert.Equal(2, target.RecentCount);

        var moved = (await view.MoveAsync([1], new("T/U"), TestStore.Token)).Value;
        Assert.Equal([3u], moved.TargetUids);
        Assert.Equal([1], moved.Expunged.Sequences);
        Assert.Equal(1, view.Count);
        var names = Directory.GetFiles(test.Maildir, "*,S=*", SearchOption.AllDirectories).Select(path => MessageName.BaseOf(Path.GetFileName(path)).ToString());
        Assert.Equal(4, names.Distinct().Count());
        Assert.Equal(ProblemReason.NotFound, (await view.CopyAsync([1], new("None"), TestStore.Token)).Problem!.Reason);
    }

    [Fact]
    public async Task Copying_a_message_that_is_gone_copies_none()
    {
        await using var test = new TestStore();
        await test.DeliverAsync();
        var path = await test.DeliverAsync();
        Assert.Null(await (await test.AccountAsync()).CreateAsync(new("T"), null, TestStore.Token));
        await using var view = await test.ViewAsync();
        foreach (var file in Directory.GetFiles(Path.Combine(test.Maildir, "cur"), Path.GetFileName(path) + "*"))
            File.Delete(file);
        Assert.Equal(ProblemReason.Expunged, (await view.CopyAsync([1, 2], new("T"), TestStore.Token)).Problem!.Reason);
        await using var target = await test.ViewAsync("T");
        Assert.Equal(0, target.Count);
        Assert.Empty(Directory.GetFiles(Path.Combine(test.Maildir, ".T", "tmp")));
    }

    [Fact]
    public async Task Append_answers_the_uid_and_keeps_the_date()
    {
        await using var test = new TestStore();
        var date = new DateTimeOffset(1999, 2, 1, 10, 0, 0, TimeSpan.Zero);
        await test.DeliverAsync();
        Assert.Equal(1u, await test.AppendAsync("Subject: old\r\n\r\n", date: date) - 1);
        await using var view = await test.ViewAsync();
        Assert.Equal(date, view.InfoAt(2).InternalDate);
        Assert.Equal(16, view.InfoAt(2).Size);
    }

    [Fact]
    public async Task A_waiting_session_is_woken_only_when_armed()
    {
        await using var test = new TestStore();
        var connection = new TestConnection();
        await using var view = await test.ViewAsync(session: connection);
        view.IsArmed = true;
        Assert.False(view.HasChanges);
        var read = connection.Transport.Input.ReadAsync(TestStore.Token).AsTask();
        await test.DeliverAsync();
        Assert.True((await read.WaitAsync(TimeSpan.FromSeconds(10), TestStore.Token)).IsCanceled);
        Assert.True(view.HasChanges);
        view.IsArmed = false;
        var changes = (await view.RefreshAsync(true, TestStore.Token)).Value;
        Assert.True(changes.HasNew);
        Assert.Equal((1, 1), (view.Count, view.RecentCount));
    }

    [Fact]
    public async Task A_maildrop_is_one_sessions_at_a_time()
    {
        await using var test = new TestStore();
        await test.DeliverAsync();
        var account = await test.AccountAsync();
        await using (var view = await test.ViewAsync(access: FolderAccess.Maildrop))
        {
            Assert.Equal($"00000001{view.UidValidity:x8}", view.UniqueIdAt(1));
            Assert.Equal(ProblemReason.InUse, (await account.OpenFolderAsync(FolderName.Inbox, FolderAccess.Maildrop, null, TestStore.Token)).Problem!.Reason);
        }

        await using var next = await test.ViewAsync(access: FolderAccess.Maildrop);
        Assert.Equal(1, next.Count);
        Assert.Equal(1, test.Store.Status().OpenViews);
    }

    [Fact]
    public async Task The_index_saves_reading_and_may_be_broken_or_missing()
    {
        await using var test = new TestStore();
        await test.AccountAsync();

        // No sizes in the name: they must be counted once.
        var file = Path.Combine(test.Maildir, "cur", "1.x.y:2,S");
        await File.WriteAllTextAsync(file, "a\nb\n", TestStore.Token);
        ulong modSeq;
        await using (var view = await test.ViewAsync())
            (modSeq, _) = (view.HighestModSeq, view.InfoAt(1));
        await test.StopAndStartAsync();
        var index = Path.Combine(test.Maildir, FolderIndex.FileName);
        Assert.True(File.Exists(index));

        // Proof that the file is not read again: it has shrunk, and nobody noticed.
        await File.WriteAllTextAsync(file, "a\n", TestStore.Token);
        await using (var view = await test.ViewAsync())
        {
            Assert.Equal(6, view.InfoAt(1).Size);
            Assert.Equal(modSeq, view.HighestModSeq);
        }

        await test.StopAndStartAsync();

        await File.WriteAllTextAsync(file, "a\nb\nc\n", TestStore.Token);
        foreach (var broken in (byte[][])[[], [1, 2, 3], [.. (await File.ReadAllBytesAsync(index, TestStore.Token)).Reverse()]])
        {
            await File.WriteAllBytesAsync(index, broken, TestStore.Token);
            await using var view = await test.ViewAsync();
            Assert.Equal((9L, 1u), (view.InfoAt(1).Size, view.InfoAt(1).Uid));
            Assert.True(view.HighestModSeq >= modSeq);
            await view.DisposeAsync();
            await test.StopAndStartAsync();
        }
    }

    [Fact]
    public async Task Structure_and_pieces_fit_the_message_however_often_they_are_asked_for()
    {
        await using var test = new TestStore();
        var body = string.Concat(Enumerable.Range(0, 40_000).Select(i => $"line {i}\r\n"));
        for (var i = 0; i < 40; i++)
            await test.AppendAsync($"Subject: {i}\r\n\r\n{(i == 39 ? body : "x\r\n")}");
        await using var view = await test.ViewAsync();
        for (var round = 0; round < 2; round++)
            for (var sequence = 1; sequence <= 40; sequence++)
            {
                var structure = (await view.StructureAtAsync(sequence, TestStore.Token)).Value;
                Assert.Equal(view.InfoAt(sequence).Size, structure.Root.BodyStart + structure.Root.BodyLength);
                Assert.Contains($"\"{sequence - 1}\"", System.Text.Encoding.ASCII.GetString(structure.Envelope.Span), StringComparison.Ordinal);
            }

        var text = $"Subject: 39\r\n\r\n{body}";
        foreach (var offset in (int[])[text.Length - 100, 7, 300_000, text.Length / 2])
        {
            await using var content = (await view.OpenMessageAsync(40, TestStore.Token)).Value;
            var pipe = new System.IO.Pipelines.Pipe();
            await content.CopyToAsync(pipe.Writer, offset, 90, TestStore.Token);
            await pipe.Writer.CompleteAsync();
            var read = await pipe.Reader.ReadAtLeastAsync(90, TestStore.Token);
            Assert.Equal(text.Substring(offset, 90), System.Text.Encoding.ASCII.GetString(System.Buffers.BuffersExtensions.ToArray(read.Buffer)));
        }
    }
}
