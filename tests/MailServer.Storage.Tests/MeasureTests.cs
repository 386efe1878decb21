namespace MailServer.Storage.Tests;

/// <summary>Sizes and dates are read when they are asked for, and a name's sizes are hints.</summary>
public sealed class MeasureTests
{
    [Theory]
    [InlineData("1.a.x", "a\nb\n", 6)]
    [InlineData("1.a.x,S=4,W=6", "a\nb\n", 6)]
    [InlineData("1.a.x,S=4,W=3", "a\nb\n", 6)] // smaller than the file cannot be
    [InlineData("1.a.x,S=9,W=9", "a\nb\n", 6)] // a name copied onto another file
    [InlineData("1.a.x,S=4", "a\nb\n", 6)]
    [InlineData("1.a.x,W=6", "a\nb\n", 6)]
    [InlineData("1.a.x,S=0,W=0", "", 0)]
    [InlineData("1.a.x", "a\r\nb", 4)]
    public async Task The_size_is_that_of_the_octets_sent(string name, string content, long size)
    {
        await using var test = new TestStore();
        await using var view = await test.ViewAsync();
        var path = Path.Combine(test.Maildir, "cur", name + ":2,S");
        await File.WriteAllTextAsync(path, content, TestStore.Token);
        File.SetLastWriteTimeUtc(path, new DateTime(2020, 2, 29, 12, 0, 1, DateTimeKind.Utc));
        await TestStore.UntilAsync(view, () => view.Count == 1);

        Assert.Equal(SystemFlags.Seen, view.FlagsAt(1).System);
        await view.MeasureAsync(1, 1, TestStore.Token);
        Assert.Equal(size, view.InfoAt(1).Size);
        Assert.Equal(new DateTimeOffset(2020, 2, 29, 12, 0, 1, TimeSpan.Zero), view.InfoAt(1).InternalDate);
        Assert.Equal(size, (await TestStore.ReadAsync(view, 1)).Length);
    }

    [Fact]
    public async Task A_folder_that_was_only_listed_has_no_size_until_one_is_asked_for()
    {
        await using var test = new TestStore();
        await test.AccountAsync();
        for (var i = 0; i < 300; i++)
            await File.WriteAllTextAsync(Path.Combine(test.Maildir, "cur", $"{i + 1}.a.x:2,"), new string('\n', i), TestStore.Token);
        await using var account = await test.AccountAsync();

        var quick = (await account.StatusAsync(FolderName.Inbox, withSize: false, TestStore.Token)).Value;
        Assert.Equal((300, 0), (quick.Messages, quick.Size));
        await using var view = await test.ViewAsync();
        await view.MeasureAsync(1, 300, TestStore.Token);
        Assert.Equal(2 * 299 * 300 / 2, (await account.StatusAsync(FolderName.Inbox, withSize: false, TestStore.Token)).Value.Size);
        Assert.Equal(2 * 299 * 300 / 2, (await account.StatusAsync(FolderName.Inbox, TestStore.Token)).Value.Size);
    }

    [Fact]
    public async Task A_message_renamed_before_it_was_measured_is_found()
    {
        await using var test = new TestStore();
        await test.AccountAsync();
        var cur = Path.Combine(test.Maildir, "cur");
        for (var i = 0; i < 40; i++)
            await File.WriteAllTextAsync(Path.Combine(cur, $"{i + 1}.a.x:2,"), new string('\n', i), TestStore.Token);
        await using var view = await test.ViewAsync();
        foreach (var path in Directory.GetFiles(cur))
            File.Move(path, path + "F");
        Assert.Equal(2 * 7, view.InfoAt(8).Size);
        await view.MeasureAsync(1, 40, TestStore.Token);
        Assert.Equal(Enumerable.Range(0, 40).Select(i => 2L * i), Enumerable.Range(1, 40).Select(i => view.InfoAt(i).Size));
    }

    [Fact]
    public async Task A_message_gone_before_it_was_measured_answers_with_what_its_name_tells()
    {
        await using var test = new TestStore();
        await test.AccountAsync();
        var path = Path.Combine(test.Maildir, "cur", "86400.a.x,S=4,W=6:2,");
        await File.WriteAllTextAsync(path, "a\nb\n", TestStore.Token);
        await using var view = await test.ViewAsync();
        File.Delete(path);
        Assert.Equal((6, DateTimeOffset.UnixEpoch.AddDays(1)), (view.InfoAt(1).Size, view.InfoAt(1).InternalDate));
    }
}
