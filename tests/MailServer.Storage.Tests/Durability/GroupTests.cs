using MailServer.Posix;

namespace MailServer.Storage.Tests;

/// <summary>Syncs are what a delivery costs: those who wait at the same time share one.</summary>
public sealed class GroupTests
{
    private const int Writers = 50;

    [Fact]
    public async Task Fifty_deliveries_at_once_share_the_sync_of_their_folder()
    {
        await using var test = new TestStore();
        await test.DeliverAsync();
        using var disk = new SlowSync(test.Data, Writers);
        await Task.WhenAll(Enumerable.Range(0, Writers).Select(_ => Task.Run(() => test.DeliverAsync(), TestStore.Token)));

        // Those of the first two, and one for all who linked their messages while they ran; the last may just have missed it.
        Assert.Equal(Writers, disk.Files);
        Assert.InRange(disk.Directories, 2, 4);
        await using var view = await test.ViewAsync();
        Assert.Equal(Writers + 1, view.Count);
    }

    [Fact]
    public async Task A_message_for_many_accounts_is_written_once()
    {
        await using var test = new TestStore();
        using var disk = new SlowSync(test.Data, 0);
        await using var spool = test.Store.CreateSpool();
        await spool.Writer.WriteAsync("Subject: x\r\n\r\n"u8.ToArray(), TestStore.Token);
        Assert.Null(await spool.SealAsync(default, TestStore.Token));
        foreach (var name in new[] { "alice", "bob", "carol" })
        {
            var user = new User { Name = name, Address = new(name, "example.org") };
            Assert.Null((await test.Store.DeliverAsync(spool, user, FolderName.Inbox, default, TestStore.Token)).Problem);
        }

        Assert.Equal(1, disk.Files);
    }

    /// <summary>Holds the first sync of a directory until so many messages have their names.</summary>
    private sealed class SlowSync : IDiskProbe, IDisposable
    {
        private readonly CountdownEvent _linked;
        private readonly string _root;
        private int _files;
        private int _directories;

        public SlowSync(string root, int links)
        {
            (_root, _linked) = (root, new(links));
            DiskProbe.Add(this);
        }

        public int Files => _files;

        public int Directories => _directories;

        public DiskFault Before(in DiskOperation operation, int length)
        {
            if (operation.Call == DiskCall.SyncDirectory && operation.Path.StartsWith(_root, StringComparison.Ordinal))
                Assert.True(_linked.Wait(TimeSpan.FromSeconds(60), TestStore.Token));
            return default;
        }

        public void After(in DiskOperation operation)
        {
            if (!operation.Path.StartsWith(_root, StringComparison.Ordinal))
                return;
            if (operation.Call == DiskCall.Link && !_linked.IsSet)
                _linked.Signal();
            else if (operation.Call == DiskCall.Sync)
                Interlocked.Increment(ref _files);
            else if (operation.Call == DiskCall.SyncDirectory)
                Interlocked.Increment(ref _directories);
        }

        public void Dispose()
        {
            DiskProbe.Remove(this);
            _linked.Dispose();
        }
    }
}
