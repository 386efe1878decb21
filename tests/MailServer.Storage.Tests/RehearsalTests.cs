using MailServer.Posix;

namespace MailServer.Storage.Tests;

public sealed class RehearsalTests
{
    [Fact]
    public async Task A_rehearsal_does_what_sessions_do_and_leaves_nothing_behind()
    {
        await using var test = new TestStore();
        await test.DeliverAsync();
        var before = All(test.Data);

        using var calls = new Calls(test.Data);
        await test.Store.RehearseAsync(null, TestStore.Token);

        Assert.Equal(before, All(test.Data));

        // 48 messages are flagged and the flags taken off, two are copied, one is moved, one removed; then all again with those that are left.
        Assert.Equal((2 * (48 + 46)) + 1, calls.Of(DiskCall.Rename, "rehearsal/Maildir", "/Maildir/cur/"));
        Assert.Equal(2 * 3, calls.Of(DiskCall.Rename, "rehearsal/Maildir", "/Maildir/.Other/new/"));
        Assert.Equal(1 + (2 * 3), calls.Of(DiskCall.Link, "rehearsal", "/"));
        Assert.Equal(0, test.Store.Status().Failures);
    }

    [Fact]
    public async Task What_a_killed_server_has_left_of_a_rehearsal_is_gone_after_the_next()
    {
        await using var test = new TestStore();
        var left = Path.Combine(test.Data, "rehearsal", "Maildir", "cur");
        Directory.CreateDirectory(left);
        await File.WriteAllTextAsync(Path.Combine(left, "1.1.localhost:2,"), "", TestStore.Token);
        await test.Store.RehearseAsync(null, TestStore.Token);
        Assert.False(Directory.Exists(Path.Combine(test.Data, "rehearsal")));
    }

    private static string[] All(string directory) => [.. Directory.EnumerateFileSystemEntries(directory, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)];

    private sealed class Calls : IDiskProbe, IDisposable
    {
        private readonly string _directory;
        private readonly List<DiskOperation> _all = [];

        public Calls(string directory)
        {
            _directory = directory;
            DiskProbe.Add(this);
        }

        public int Of(DiskCall call, string below, string target)
        {
            lock (_all)
                return _all.Count(one => one.Call == call && one.Path.StartsWith(Path.Combine(_directory, below), StringComparison.Ordinal)
                    && one.Target?.Contains(target, StringComparison.Ordinal) == true);
        }

        public DiskFault Before(in DiskOperation operation, int length) => default;

        public void After(in DiskOperation operation)
        {
            lock (_all)
                _all.Add(operation);
        }

        public void Dispose() => DiskProbe.Remove(this);
    }
}
