using MailServer.TestKit;

namespace MailServer.Posix.Tests;

public sealed class ExpectedEventsTests : IDisposable
{
    private readonly TempDirectory _directory = new();
    private readonly DirectoryWatcher _watcher = DirectoryWatcher.Create();
    private readonly ExpectedEvents _expected = new();
    private readonly SemaphoreSlim _told = new(0);

    public ExpectedEventsTests()
    {
        File.WriteAllText(_directory.File("a"), "");
        _watcher.Watch(_directory.Path, () => _told.Release(), _expected);
    }

    public void Dispose()
    {
        _watcher.Dispose();
        _directory.Dispose();
    }

    [Theory]
    [InlineData("rename")]
    [InlineData("rename there and back")]
    [InlineData("remove")]
    [InlineData("rename of a name with other letters")]
    public async Task What_is_expected_is_not_told(string change)
    {
        switch (change)
        {
            case "rename": Rename("a", "b"); break;
            case "rename there and back": Rename("a", "b"); Rename("b", "a"); Rename("a", "b"); break;
            case "rename of a name with other letters": Rename("a", "\u00E4\u20AC" + new string('x', 240)); break;
            case "remove": _expected.Expect(NameChange.Removed, "a"); DurableFile.Unlink(_directory.File("a")); break;
        }

        await NothingMoreIsToldAsync();
    }

    [Theory]
    [InlineData("another name")]
    [InlineData("another change")]
    [InlineData("once more")]
    [InlineData("taken back")]
    public async Task What_is_not_expected_is_told(string change)
    {
        switch (change)
        {
            case "another name": Expect("b", "c"); break;
            case "another change": _expected.Expect(NameChange.Removed, "a"); _expected.Expect(NameChange.Removed, "b"); break;
            case "once more": Rename("a", "b"); DurableFile.RenameNoReplace(_directory.File("b"), _directory.File("a")); break;
            case "taken back":
                Expect("a", "b");
                Assert.True(_expected.TakeBack(NameChange.MovedAway, "a"));
                Assert.True(_expected.TakeBack(NameChange.MovedHere, "b"));
                break;
        }

        DurableFile.RenameNoReplace(_directory.File("a"), _directory.File("b"));
        Assert.True(await _told.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task What_somebody_else_did_first_cannot_be_taken_back()
    {
        Expect("a", "b");
        DurableFile.RenameNoReplace(_directory.File("a"), _directory.File("b"));
        await NothingMoreIsToldAsync();
        Assert.False(_expected.TakeBack(NameChange.MovedAway, "a"));
        Assert.False(_expected.TakeBack(NameChange.MovedHere, "b"));
    }

    [Fact]
    public async Task After_more_changes_than_the_queue_holds_nothing_is_expected_any_more()
    {
        // The watcher's thread is held up until the kernel has lost events.
        var held = new SemaphoreSlim(0);
        using var other = new TempDirectory();
        using var hold = _watcher.Watch(other.Path, held.Wait);
        await File.WriteAllTextAsync(other.File("x"), "", TestContext.Current.CancellationToken);
        var queue = int.Parse(await File.ReadAllTextAsync("/proc/sys/fs/inotify/max_queued_events", TestContext.Current.CancellationToken));
        for (var i = 0; i < (queue / 4) + 100; i++)
        {
            Rename("a", "b");
            Rename("b", "a");
        }

        Expect("a", "b");
        hold.Dispose();
        held.Release(1000);
        Assert.True(await _told.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken));
        Assert.False(_expected.TakeBack(NameChange.MovedAway, "a"));
        DurableFile.RenameNoReplace(_directory.File("a"), _directory.File("b"));
        Assert.True(await _told.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken));
    }

    private void Rename(string from, string to)
    {
        Expect(from, to);
        DurableFile.RenameNoReplace(_directory.File(from), _directory.File(to));
    }

    private void Expect(string from, string to)
    {
        _expected.Expect(NameChange.MovedAway, from);
        _expected.Expect(NameChange.MovedHere, to);
    }

    /// <summary>The kernel tells in order: when a later change elsewhere has been told twice, all before it has been.</summary>
    private async Task NothingMoreIsToldAsync()
    {
        using var elsewhere = new TempDirectory();
        var marks = new SemaphoreSlim(0);
        using var watch = _watcher.Watch(elsewhere.Path, () => marks.Release());
        for (var i = 0; i < 2; i++)
        {
            Directory.CreateDirectory(elsewhere.File($"mark{i}"));
            Assert.True(await marks.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken));
        }

        Assert.Equal(0, _told.CurrentCount);
    }
}
