using MailServer.Posix;

namespace MailServer.Storage.Tests;

/// <summary>The server dies between any two steps of a change; afterwards all that was acknowledged is there, and nothing is half there.</summary>
public sealed class CrashTests
{
    [Theory]
    [InlineData("spool written", 0)]
    [InlineData("spool synced", 0)]
    [InlineData("named", 1)]
    [InlineData("uidlist appended", 1)]
    public async Task An_APPEND_leaves_a_whole_message_or_none(string step, int messages)
    {
        await using var test = new TestStore();
        await test.AppendAsync("Subject: first\r\n\r\n");
        DieAt(test, step);
        await Assert.ThrowsAsync<NotSupportedException>(() => test.AppendAsync("Subject: second\r\n\r\n"));

        await test.RestartAsync();
        await test.AppendAsync("Subject: third\r\n\r\n");
        await using var view = await test.ViewAsync();
        Assert.Equal(2 + messages, view.Count);
        Assert.Equal(TestStore.Uids(view).Distinct().Count(), view.Count);
        Assert.Equal("Subject: first\r\n\r\n", await TestStore.ReadAsync(view, 1));
        Assert.Equal("Subject: third\r\n\r\n", await TestStore.ReadAsync(view, view.Count));
        Assert.True(view.UidAt(view.Count) > view.UidAt(view.Count - 1));
    }

    [Theory]
    [InlineData("named", 2, 2)]
    [InlineData("uidlist appended", 2, 2)]
    public async Task A_MOVE_leaves_two_copies_rather_than_none(string step, int here, int there)
    {
        await using var test = new TestStore();
        await test.AppendAsync("Subject: a\r\n\r\n");
        await test.AppendAsync("Subject: b\r\n\r\n");
        Assert.Null(await (await test.AccountAsync()).CreateAsync(new("T"), null, TestStore.Token));
        var view = await test.ViewAsync();
        DieAt(test, step);
        await Assert.ThrowsAsync<NotSupportedException>(async () => await view.MoveAsync([1, 2], new("T"), TestStore.Token));

        await test.RestartAsync();
        await using var source = await test.ViewAsync();
        await using var target = await test.ViewAsync("T");
        Assert.Equal((here, there), (source.Count, target.Count));
        Assert.Equal("Subject: b\r\n\r\n", await TestStore.ReadAsync(target, 2));
    }

    [Theory]
    [InlineData("folder made")]
    [InlineData("uidlist replaced")]
    public async Task A_folder_half_made_can_be_used(string step)
    {
        await using var test = new TestStore();
        await test.AccountAsync();
        DieAt(test, step);
        await Assert.ThrowsAsync<NotSupportedException>(async () => await (await test.AccountAsync()).CreateAsync(new("A"), null, TestStore.Token));

        await test.RestartAsync();
        await test.DeliverAsync(folder: "A");
        await using var view = await test.ViewAsync("A");
        Assert.Equal(1, view.Count);
    }

    [Fact]
    public async Task A_folder_half_deleted_is_gone()
    {
        await using var test = new TestStore();
        await test.DeliverAsync(folder: "A");
        DieAt(test, "buried");
        await Assert.ThrowsAsync<NotSupportedException>(async () => await (await test.AccountAsync()).DeleteAsync(new("A"), TestStore.Token));

        await test.RestartAsync();
        Assert.Equal(["INBOX"], (await (await test.AccountAsync()).ListAsync(TestStore.Token)).Value.Select(folder => folder.Name.Value));
    }

    [Fact]
    public async Task A_failing_disk_takes_back_an_APPEND()
    {
        await using var test = new TestStore();
        await test.AppendAsync("Subject: a\r\n\r\n");
        test.Store.Context.Steps = step =>
        {
            if (step == "named")
                throw new IOException("no space", 28);
        };
        await using var draft = (await (await test.AccountAsync()).BeginAppendAsync(FolderName.Inbox, default, null, TestStore.Token)).Value;
        await draft.Body.WriteAsync("Subject: b\r\n\r\n"u8.ToArray(), TestStore.Token);
        Assert.Equal(Problem.StorageFull, (await draft.CommitAsync(TestStore.Token)).Problem);
        await using var view = await test.ViewAsync();
        Assert.Equal(1, view.Count);
        Assert.Empty(Directory.GetFiles(Path.Combine(test.Maildir, "tmp")));
    }

    /// <summary>The line is in the file, as far as the kernel's memory goes: a power cut would take it away.</summary>
    [Fact]
    public async Task A_UID_whose_line_could_not_be_synced_is_told_to_nobody()
    {
        await using var test = new TestStore();
        await test.DeliverAsync("Subject: old\r\n\r\n");
        await using var view = await test.ViewAsync();
        var list = Path.Combine(test.Maildir, UidList.FileName);
        using (new NoSync(list))
        {
            await test.DeliverAsync("Subject: new\r\n\r\n");
            for (var i = 0; i < 5; i++)
            {
                Assert.Null((await view.RefreshAsync(true, TestStore.Token)).Problem);
                Assert.Equal([1], TestStore.Uids(view));
            }

            Assert.Contains("\n2 :", await File.ReadAllTextAsync(list, TestStore.Token), StringComparison.Ordinal);
        }

        await TestStore.UntilAsync(view, () => view.Count == 2);
        Assert.Equal([1, 2], TestStore.Uids(view));
    }

    [Fact]
    public async Task On_a_full_disk_old_mail_can_be_read_and_removed_and_new_mail_waits_for_its_uid()
    {
        await using var test = new TestStore();
        await test.DeliverAsync("Subject: old\r\n\r\n");
        await using (var view = await test.ViewAsync())
            Assert.Equal(1, view.Count);
        await test.RestartAsync();
        test.Store.Context.Steps = step =>
        {
            if (step == "uidlist appending")
                throw new IOException("no space", 28);
        };
        await test.DeliverAsync("Subject: new\r\n\r\n");
        await using (var view = await test.ViewAsync())
        {
            Assert.Equal(1, view.Count);
            Assert.Equal("Subject: old\r\n\r\n", await TestStore.ReadAsync(view, 1));
            Assert.Equal([1u], (await view.ExpungeAsync([1], TestStore.Token)).Value.Uids);

            // As a disk that fills up in the midst of a line leaves it; that number may have been told to somebody.
            await File.AppendAllTextAsync(Path.Combine(test.Maildir, UidList.FileName), "2 :17", TestStore.Token);
            test.Store.Context.Steps = null;
            await TestStore.UntilAsync(view, () => view.Count == 1);
            Assert.Equal([3], TestStore.Uids(view));
            Assert.Equal("Subject: new\r\n\r\n", await TestStore.ReadAsync(view, 1));
        }

        await test.RestartAsync();
        await using var again = await test.ViewAsync();
        Assert.Equal([3], TestStore.Uids(again));
    }

    private static void DieAt(TestStore test, string step) => test.Store.Context.Steps = reached =>
    {
        if (reached == step)
            throw new NotSupportedException("killed");
    };

    /// <summary>A file that, and whose replacements, cannot be synced.</summary>
    private sealed class NoSync : IDiskProbe, IDisposable
    {
        private readonly string _path;

        public NoSync(string path)
        {
            _path = path;
            DiskProbe.Add(this);
        }

        public DiskFault Before(in DiskOperation operation, int length) =>
            operation.Call == DiskCall.Sync && operation.Path.StartsWith(_path, StringComparison.Ordinal) ? new(5, 0) : default; // EIO

        public void After(in DiskOperation operation)
        {
        }

        public void Dispose() => DiskProbe.Remove(this);
    }
}
