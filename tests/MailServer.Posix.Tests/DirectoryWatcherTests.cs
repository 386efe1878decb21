using MailServer.TestKit;

namespace MailServer.Posix.Tests;

public sealed class DirectoryWatcherTests : IDisposable
{
    private readonly TempDirectory _directory = new();
    private readonly DirectoryWatcher _watcher = DirectoryWatcher.Create();
    private readonly SemaphoreSlim _told = new(0);

    public void Dispose()
    {
        _watcher.Dispose();
        _directory.Dispose();
    }

    [Theory]
    [InlineData("create")]
    [InlineData("write")]
    [InlineData("rename in")]
    [InlineData("rename within")]
    [InlineData("delete")]
    public async Task A_change_is_told(string change)
    {
        using var elsewhere = new TempDirectory();
        await File.WriteAllTextAsync(elsewhere.File("b"), "");
        if (change != "create")
            await File.WriteAllTextAsync(_directory.File("a"), "");
        using var watch = _watcher.Watch(_directory.Path, () => _told.Release());

        switch (change)
        {
            case "create" or "write": await File.WriteAllTextAsync(_directory.File("a"), "text"); break;
            case "rename in": File.Move(elsewhere.File("b"), _directory.File("b")); break;
            case "rename within": File.Move(_directory.File("a"), _directory.File("c")); break;
            case "delete": File.Delete(_directory.File("a")); break;
        }

        Assert.True(await _told.WaitAsync(TimeSpan.FromSeconds(10)));
    }

    [Fact]
    public async Task Two_watches_of_one_folder_are_both_told_and_a_disposed_one_is_not()
    {
        var second = new SemaphoreSlim(0);
        using var watch = _watcher.Watch(_directory.Path, () => _told.Release());
        var other = _watcher.Watch(_directory.Path, () => second.Release());
        await File.WriteAllTextAsync(_directory.File("a"), "");
        Assert.True(await _told.WaitAsync(TimeSpan.FromSeconds(10)));
        Assert.True(await second.WaitAsync(TimeSpan.FromSeconds(10)));

        other.Dispose();
        while (second.Wait(0)) { }
        while (_told.Wait(0)) { }
        File.Delete(_directory.File("a"));
        Assert.True(await _told.WaitAsync(TimeSpan.FromSeconds(10)));
        Assert.False(second.Wait(0));
    }

    /// <summary>The second of two changes within one tick of the file system's clock shows in no time.</summary>
    [Fact]
    public async Task A_folder_that_has_just_changed_is_told_of_once_more_where_it_is_polled()
    {
        using var polling = DirectoryWatcher.Create(polls: true);
        Directory.SetLastWriteTimeUtc(_directory.Path, DateTime.UtcNow.AddHours(-1));
        using var watch = polling.Watch(_directory.Path, () => _told.Release());
        Assert.False(await _told.WaitAsync(TimeSpan.FromSeconds(1.5)));
        Directory.SetLastWriteTimeUtc(_directory.Path, DateTime.UtcNow);
        Assert.True(await _told.WaitAsync(TimeSpan.FromSeconds(10)));
        Assert.True(await _told.WaitAsync(TimeSpan.FromSeconds(10)));
        await Task.Delay(TimeSpan.FromSeconds(4));
        while (_told.Wait(0)) { }
        Assert.False(await _told.WaitAsync(TimeSpan.FromSeconds(1.5)));
    }

    [Fact]
    public async Task A_folder_that_comes_later_is_watched_from_then_on()
    {
        var folder = _directory.File("later");
        using var watch = _watcher.Watch(folder, () => _told.Release());
        Directory.CreateDirectory(folder);
        Assert.True(await _told.WaitAsync(TimeSpan.FromSeconds(10)));
        await File.WriteAllTextAsync(Path.Combine(folder, "a"), "");
        Assert.True(await _told.WaitAsync(TimeSpan.FromSeconds(10)));
    }

    [Fact]
    public async Task A_folder_that_is_deleted_and_made_again_is_still_watched()
    {
        var folder = _directory.File("again");
        Directory.CreateDirectory(folder);
        using var watch = _watcher.Watch(folder, () => _told.Release());
        Directory.Delete(folder);
        Assert.True(await _told.WaitAsync(TimeSpan.FromSeconds(10)));
        while (await _told.WaitAsync(TimeSpan.FromMilliseconds(100))) { }

        Directory.CreateDirectory(folder);
        Assert.True(await _told.WaitAsync(TimeSpan.FromSeconds(10)));
        while (await _told.WaitAsync(TimeSpan.FromMilliseconds(100))) { }
        await File.WriteAllTextAsync(Path.Combine(folder, "a"), "");
        Assert.True(await _told.WaitAsync(TimeSpan.FromSeconds(10)));
    }
}
