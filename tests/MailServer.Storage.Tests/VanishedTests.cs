namespace MailServer.Storage.Tests;

/// <summary>Which messages were expunged since a client was here (RFC 7162 §3.2).</summary>
public sealed class VanishedTests
{
    [Theory]
    [InlineData(new uint[] { }, 1u, "")]
    [InlineData(new uint[] { }, 5u, "1-4")]
    [InlineData(new uint[] { 1, 2 }, 3u, "")]
    [InlineData(new uint[] { 2, 4, 5 }, 9u, "1-1 3-3 6-8")]
    [InlineData(new uint[] { 1, 7 }, 8u, "2-6")]
    public void Gaps_are_what_is_absent_below_UIDNEXT(uint[] uids, uint next, string gaps) =>
        Assert.Equal(gaps, string.Join(' ', UidRange.Gaps(uids, next).Select(range => $"{range.First}-{range.Last}")));

    [Theory]
    [InlineData(new uint[] { }, "")]
    [InlineData(new uint[] { 3 }, "3-3")]
    [InlineData(new uint[] { 1, 2, 3, 5, 7, 8 }, "1-3 5-5 7-8")]
    public void Ranges_join_what_follows(uint[] uids, string ranges) =>
        Assert.Equal(ranges, string.Join(' ', UidRange.Of(uids).Select(range => $"{range.First}-{range.Last}")));

    [Fact]
    public async Task What_somebody_has_changed_since_stays_as_it_is()
    {
        await using var test = new TestStore();
        for (var i = 0; i < 3; i++)
            await test.AppendAsync("x\r\n");
        await using var view = await test.ViewAsync();
        await using var other = await test.ViewAsync();
        var since = view.HighestModSeq;
        await other.StoreAsync([2], FlagChange.Add, SystemFlags.Flagged, TestStore.Token);
        var stored = (await view.StoreUnchangedAsync([1, 2, 3], FlagChange.Replace, SystemFlags.Seen, since, TestStore.Token)).Value;
        Assert.Equal([1, 3], stored.Stored);
        Assert.Equal([2], stored.Modified);
        Assert.Equal(SystemFlags.Flagged, view.FlagsAt(2).System);
        Assert.Equal(view.ModSeqAt(1), view.InfoAt(1).ModSeq);
        Assert.True(view.ModSeqAt(1) > since);
    }

    [Fact]
    public async Task Of_two_who_change_at_once_one_learns_that_the_other_was_first()
    {
        await using var test = new TestStore();
        await test.AppendAsync("x\r\n");
        await using var one = await test.ViewAsync();
        await using var two = await test.ViewAsync();
        for (var round = 0; round < 50; round++)
        {
            await one.RefreshAsync(true, TestStore.Token);
            var since = one.ModSeqAt(1);
            var flags = one.FlagsAt(1).System;
            var tries = await Task.WhenAll(
                Task.Run(async () => await one.StoreUnchangedAsync([1], FlagChange.Replace, flags ^ SystemFlags.Seen, since, TestStore.Token)),
                Task.Run(async () => await two.StoreUnchangedAsync([1], FlagChange.Replace, flags ^ SystemFlags.Flagged, since, TestStore.Token)));
            Assert.Equal(1, tries.Sum(one => one.Value.Stored.Count));
            Assert.Equal(1, tries.Sum(one => one.Value.Modified.Count));
        }
    }

    [Fact]
    public async Task The_log_tells_what_was_expunged_since_and_outlives_a_shutdown()
    {
        await using var test = new TestStore();
        for (var i = 0; i < 9; i++)
            await test.AppendAsync("x\r\n");
        ulong start, middle;
        await using (var view = await test.ViewAsync())
        {
            start = view.HighestModSeq;
            await view.ExpungeAsync([2, 3], TestStore.Token);
            await view.RefreshAsync(true, TestStore.Token);
            middle = view.HighestModSeq;
            File.Delete(Directory.GetFiles(Path.Combine(test.Maildir, "cur")).Order().Last());
            await TestStore.UntilAsync(view, () => view.Count == 6);
            Assert.Equal("2-3 9-9", Text(view.VanishedSince(start)));
            Assert.Equal("9-9", Text(view.VanishedSince(middle)));
            Assert.Equal("", Text(view.VanishedSince(view.HighestModSeq)));
        }

        await test.StopAndStartAsync();
        await using (var view = await test.ViewAsync())
        {
            Assert.Equal("2-3 9-9", Text(view.VanishedSince(start)));
            Assert.Equal("9-9", Text(view.VanishedSince(middle)));
        }

        // After a kill with a change under way nobody knows: all that is absent is told, to whom it may concern.
        await using (var view = await test.ViewAsync())
        {
            await view.ExpungeAsync([1], TestStore.Token);
            await test.RestartAsync();
        }

        await using var after = await test.ViewAsync();
        Assert.Equal("1-3 9-9", Text(after.VanishedSince(middle)));
        Assert.Equal("", Text(after.VanishedSince(after.HighestModSeq)));
    }

    [Fact]
    public async Task What_a_view_still_has_it_is_not_told_of_and_what_came_back_neither()
    {
        await using var test = new TestStore();
        for (var i = 0; i < 4; i++)
            await test.AppendAsync("x\r\n");
        await using var view = await test.ViewAsync();
        await using var other = await test.ViewAsync();
        var start = view.HighestModSeq;
        await other.ExpungeAsync([2], TestStore.Token);
        Assert.Equal("", Text(view.VanishedSince(start)));
        Assert.Equal("2-2", Text(other.VanishedSince(start)));

        var path = Directory.GetFiles(Path.Combine(test.Maildir, "cur")).Order().Last();
        var aside = Path.Combine(test.Data, "aside");
        File.Move(path, aside);
        await TestStore.UntilAsync(other, () => other.Count == 2);
        Assert.Equal("2-2 4-4", Text(other.VanishedSince(start)));
        File.Move(aside, path);
        await using var third = await test.ViewAsync();
        await TestStore.UntilAsync(third, () => third.Count == 3);
        Assert.Equal("2-2", Text(third.VanishedSince(start)));
    }

    private static string Text(IReadOnlyList<UidRange> ranges) => string.Join(' ', ranges.Select(range => $"{range.First}-{range.Last}"));
}
