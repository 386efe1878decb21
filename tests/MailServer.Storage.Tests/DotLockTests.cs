using System.Globalization;

namespace MailServer.Storage.Tests;

/// <summary>Locks that somebody left behind.</summary>
public sealed class DotLockTests
{
    [Theory]
    [InlineData("", 100, 1000, false)]    // empty, as Dovecot leaves it on a full disk, or a power cut: it may be somebody's
    [InlineData("", 130, 1000, true)]
    [InlineData("", 130, 100, false)]     // whoever holds it is at work
    [InlineData("gone", 10, 1000, true)]  // a process of this host that is no more
    [InlineData("other", 100, 1000, false)]
    [InlineData("other", 130, 1000, true)]
    [InlineData("here", 100, 1000, false)]
    public async Task A_lock_is_broken_when_it_is_nobodys(string owner, int lockAge, int fileAge, bool expected)
    {
        using var folder = new TestKit.TempDirectory();
        var (file, held) = (folder.File("list"), folder.File("list.lock"));
        await File.WriteAllTextAsync(file, "x", TestStore.Token);
        await File.WriteAllTextAsync(held, owner switch
        {
            "gone" => $"{int.MaxValue}:{Environment.MachineName}",
            "other" => "1:elsewhere",
            "here" => string.Create(CultureInfo.InvariantCulture, $"1:{Environment.MachineName}"),
            _ => "",
        }, TestStore.Token);
        var now = TimeProvider.System.GetUtcNow().UtcDateTime;
        File.SetLastWriteTimeUtc(file, now.AddSeconds(-fileAge));
        File.SetLastWriteTimeUtc(held, now.AddSeconds(-lockAge));
        Assert.Equal(expected, DotLock.IsStale(held, TimeProvider.System, file));
    }
}
