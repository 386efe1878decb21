using MailServer.Posix;

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

    [Fact]
    public async Task Reading_structures_of_messages_that_nobody_has_measured_opens_each_file_once()
    {
        await using var test = new TestStore();
        await test.AccountAsync();
        for (var i = 0; i < 100; i++)
            await File.WriteAllTextAsync(Path.Combine(test.Maildir, "cur", $"{i + 1}.a.x:2,"), $"Subject: {i}\n\n{new string('\n', i * 100)}", TestStore.Token);
        await using var view = await test.ViewAsync();
        using var opened = new Opened(Path.Combine(test.Maildir, "cur"));
        await view.ReadStructuresAsync(1, 100, TestStore.Token);
        for (var i = 1; i <= 100; i++)
            Assert.Contains($"\"{i - 1}\"", System.Text.Encoding.ASCII.GetString((await view.StructureAtAsync(i, TestStore.Token)).Value.Envelope.Span), StringComparison.Ordinal);
        Assert.Equal(100, opened.Count);
        Assert.Equal("Subject: 99\r\n\r\n".Length + (2 * 9900), view.InfoAt(100).Size);
    }

    [Theory]
    [InlineData("1901-12-13T20:45:52.5Z")]
    [InlineData("1969-12-31T23:59:59.25Z")]
    [InlineData("2026-11-24T19:00:00.0000001Z")]
    [InlineData("2106-02-07T06:28:16Z")]
    public void A_file_is_as_old_as_the_system_says(string text)
    {
        var directory = Directory.CreateTempSubdirectory("mailserver-test-").FullName;
        try
        {
            var path = Path.Combine(directory, "file");
            File.WriteAllText(path, "");
            File.SetLastWriteTimeUtc(path, DateTime.Parse(text, System.Globalization.CultureInfo.InvariantCulture, System.Globalization.DateTimeStyles.AdjustToUniversal));
            Assert.Equal(File.GetLastWriteTimeUtc(path), FileFacts.Of(path)!.Value.ModifiedUtc);
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    /// <summary>Counts the files of a directory that are opened.</summary>
    private sealed class Opened : IDiskProbe, IDisposable
    {
        private readonly string _directory;
        private int _count;

        public Opened(string directory)
        {
            _directory = directory + Path.DirectorySeparatorChar;
            DiskProbe.Add(this);
        }

        public int Count => _count;

        public DiskFault Before(in DiskOperation operation, int length)
        {
            if (operation.Call == DiskCall.Open && operation.Path.StartsWith(_directory, StringComparison.Ordinal))
                Interlocked.Increment(ref _count);
            return default;
        }

        public void After(in DiskOperation operation)
        {
        }

        public void Dispose() => DiskProbe.Remove(this);
    }
}
