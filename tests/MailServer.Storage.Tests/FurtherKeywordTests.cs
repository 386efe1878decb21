namespace MailServer.Storage.Tests;

/// <summary>Keywords that have no letter: bounded for each message, and forgotten after it.</summary>
public sealed class FurtherKeywordTests
{
    private static MessageFlags Keywords(int from, int count) => new() { Keywords = [.. Enumerable.Range(from, count).Select(n => $"k{n}")] };

    [Fact]
    public async Task A_message_has_at_most_64_keywords_without_a_letter()
    {
        await using var test = new TestStore();
        await test.DeliverAsync();
        await using var view = await test.ViewAsync();
        Assert.Equal([1], (await view.StoreAsync([1], FlagChange.Add, Keywords(0, 60), TestStore.Token)).Value);
        Assert.Equal([1], (await view.StoreAsync([1], FlagChange.Add, Keywords(60, 30), TestStore.Token)).Value);
        Assert.Equal(90, view.InfoAt(1).Flags.Keywords.Count);
        Assert.Equal(ProblemReason.LimitReached, (await view.StoreAsync([1], FlagChange.Add, Keywords(90, 1), TestStore.Token)).Problem?.Reason);
        Assert.Equal(90, view.InfoAt(1).Flags.Keywords.Count);
        Assert.Equal([1], (await view.StoreAsync([1], FlagChange.Add, Keywords(0, 60), TestStore.Token)).Value);
        Assert.Equal([1], (await view.StoreAsync([1], FlagChange.Remove, Keywords(89, 1), TestStore.Token)).Value);
        Assert.Equal([1], (await view.StoreAsync([1], FlagChange.Add, Keywords(90, 1), TestStore.Token)).Value);
    }

    [Fact]
    public async Task Lines_that_no_message_can_claim_go_and_young_ones_stay()
    {
        await using var test = new TestStore();
        await test.DeliverAsync(flags: Keywords(0, 30));
        var path = Path.Combine(test.Maildir, FurtherKeywords.FileName);
        var own = await File.ReadAllTextAsync(path, TestStore.Token);
        await test.StopAndStartAsync(); // so that what is added is read, whenever the last look was
        var young = $"{DateTimeOffset.UtcNow.AddYears(100).ToUnixTimeSeconds()}.young\tlater\n";
        await File.AppendAllTextAsync(path, young + "1.old\tgone\n2.old\tgone\n3.old\tgone\n", TestStore.Token);
        await using (var view = await test.ViewAsync())
            Assert.Equal(30, view.InfoAt(1).Flags.Keywords.Count);
        await test.StopAndStartAsync();
        Assert.Equal(own + young, await File.ReadAllTextAsync(path, TestStore.Token));
        await using var again = await test.ViewAsync();
        Assert.Equal(30, again.InfoAt(1).Flags.Keywords.Count);
    }
}
