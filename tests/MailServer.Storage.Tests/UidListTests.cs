using System.Text;
using Microsoft.Extensions.Logging.Abstractions;

namespace MailServer.Storage.Tests;

public sealed class UidListTests
{
    private const string Text =
        "3 V1795486317 N15 G28eebb326df2046b2853000083ecc375\n1 :a.b,S=1\n3 S1519 W1550 Pabc :c d:2,S\n7 :e\n";

    [Fact]
    public void Reads_version_3_and_writes_it_as_it_was()
    {
        var list = UidList.Parse(Encoding.UTF8.GetBytes(Text))!;
        Assert.Equal((1795486317u, 15u), (list.UidValidity, list.UidNext));
        Assert.True(list.TryFind("c d", out var record));
        Assert.Equal((3u, "1550", "abc", null), (record.Uid, record.Extra('W'), record.Extra('P'), record.Extra('Z')));
        Assert.Equal(Text.Replace("c d:2,S", "c d", StringComparison.Ordinal), Encoding.UTF8.GetString(list.Format(list.Records.Values)));
        Assert.True(list.CanAppend);
    }

    [Theory]
    [InlineData("1 1234 9\n1 a:2,S\n5 b\n", 1234u, 9u, 2, false)]
    [InlineData("3 V5 N2\n7 :a\n", 5u, 8u, 1, true)]
    [InlineData("3 V5 N2\n1 :a\n2 :b", 5u, 3u, 1, false)]
    [InlineData("3 V5 N2\n2 :a\n1 :b\nx :c\n3 d\n4 :a\n", 5u, 5u, 2, true)]
    [InlineData("3 V5 N2\n2 :a\n2 :b\n", 5u, 3u, 1, true)]
    [InlineData("3 V5 N2\n2 :a\n4294967295 :b\n", 5u, 3u, 1, true)]
    [InlineData("3 V5 N2\n7 :a\n19 S1", 5u, 20u, 1, false)]
    public void Reads_what_can_be_read(string text, uint validity, uint next, int records, bool canAppend)
    {
        var list = UidList.Parse(Encoding.UTF8.GetBytes(text))!;
        Assert.Equal((validity, next, records, canAppend), (list.UidValidity, list.UidNext, list.Records.Count, list.CanAppend));
    }

    [Theory]
    [InlineData("")]
    [InlineData("3 V5 N2")]
    [InlineData("2 V5 N2\n")]
    [InlineData("3 N2\n1 :a\n")]
    [InlineData("\0\0\0\0\n")]
    public void A_list_without_a_header_is_none(string text) => Assert.Null(UidList.Parse(Encoding.UTF8.GetBytes(text)));

    [Fact]
    public async Task A_broken_list_gives_a_greater_uidvalidity_and_loses_no_mail()
    {
        await using var test = new TestStore();
        await test.DeliverAsync();
        uint before;
        await using (var view = await test.ViewAsync())
            before = view.UidValidity;
        await test.RestartAsync(); // memory would know it
        await File.WriteAllTextAsync(Path.Combine(test.Maildir, UidList.FileName), "rubbish\n", TestStore.Token);
        await using var again = await test.ViewAsync();
        Assert.True(again.UidValidity > before);
        Assert.Equal([1], TestStore.Uids(again));
    }

    [Fact]
    public async Task Extra_keys_stay_when_lines_are_added()
    {
        await using var test = new TestStore();
        await test.AccountAsync();
        await File.WriteAllTextAsync(Path.Combine(test.Maildir, "cur", "a:2,"), "x\n", TestStore.Token);
        var path = Path.Combine(test.Maildir, UidList.FileName);
        await File.WriteAllTextAsync(path, "3 V99 N5 Gabc X1\n3 Pold-uidl W3 :a\n", TestStore.Token);
        await test.DeliverAsync();
        await using (var view = await test.ViewAsync())
        {
            Assert.Equal([3, 5], TestStore.Uids(view));
            Assert.Equal("old-uidl", view.UniqueIdAt(1));
            Assert.Equal("0000000500000063", view.UniqueIdAt(2));
        }

        Assert.StartsWith("3 V99 N5 Gabc X1\n3 Pold-uidl W3 :a\n5 :", await File.ReadAllTextAsync(path, TestStore.Token), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_list_that_is_older_than_what_sessions_were_told_gives_no_UID_twice()
    {
        await using var test = new TestStore();
        var list = Path.Combine(test.Maildir, UidList.FileName);
        await test.DeliverAsync("Subject: 1\r\n\r\n");
        await using var view = await test.ViewAsync();
        var older = await File.ReadAllBytesAsync(list, TestStore.Token);
        foreach (var subject in new[] { "2", "3" })
        {
            await test.DeliverAsync($"Subject: {subject}\r\n\r\n");
            await TestStore.UntilAsync(view, () => view.Count.ToString(System.Globalization.CultureInfo.InvariantCulture) == subject);
        }

        await File.WriteAllBytesAsync(list, older, TestStore.Token); // a backup, restored
        await test.DeliverAsync("Subject: 4\r\n\r\n");
        await using var again = await test.ViewAsync();
        await TestStore.UntilAsync(again, () => again.Count == 4);
        Assert.Equal([1, 2, 3, 4], TestStore.Uids(again));
        for (var i = 1; i <= 4; i++)
            Assert.Equal($"Subject: {i}\r\n\r\n", await TestStore.ReadAsync(again, i));
        Assert.Equal(view.UidValidity, again.UidValidity);
    }

    [Fact]
    public async Task A_lock_of_a_process_that_is_gone_is_broken_and_one_of_a_living_waits()
    {
        using var folder = new TestKit.TempDirectory();
        var file = folder.File("x");
        Directory.CreateDirectory(folder.File("tmp"));
        await File.WriteAllTextAsync(file + ".lock", $"4194304:{Environment.MachineName}", TestStore.Token);
        (await DotLock.TakeAsync(file, TimeProvider.System, NullLogger.Instance, TestStore.Token)).Dispose();
        Assert.False(File.Exists(file + ".lock"));

        await File.WriteAllTextAsync(file + ".lock", "1:elsewhere", TestStore.Token);
        using var limit = new CancellationTokenSource(TimeSpan.FromMilliseconds(300));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await DotLock.TakeAsync(file, TimeProvider.System, NullLogger.Instance, limit.Token));

        File.SetLastWriteTimeUtc(file + ".lock", DateTime.UtcNow.AddSeconds(-121));
        (await DotLock.TakeAsync(file, TimeProvider.System, NullLogger.Instance, TestStore.Token)).Dispose();
    }

    [Fact]
    public void Names_of_one_second_are_in_order_of_their_microseconds()
    {
        string[] names = ["10.M9P1.x", "10.M35290P1.x", "10.M135838P1.x", "11.M1P1.x", "9.x"];
        Assert.Equal(["9.x", "10.M9P1.x", "10.M35290P1.x", "10.M135838P1.x", "11.M1P1.x"], names.Order(Comparer<string>.Create(MessageName.CompareArrival)));
    }
}
