namespace MailServer.Storage.Tests;

/// <summary>
/// The order of writes in docs/maildir.md: the power goes right after something was acknowledged, and it is there. Only changes of flags and
/// removals may be undone.
/// </summary>
public sealed class PowerCutTests
{
    public static TheoryData<string, Kept> Deeds
    {
        get
        {
            var rows = new TheoryData<string, Kept>();
            foreach (var deed in Deed.All)
                foreach (var kept in Enum.GetValues<Kept>())
                    rows.Add(deed.Name, kept);
            return rows;
        }
    }

    [Theory]
    [MemberData(nameof(Deeds))]
    public async Task What_was_acknowledged_survives_a_power_cut_at_any_call(string name, Kept kept)
    {
        var deed = Deed.All.Single(deed => deed.Name == name);
        for (var atCall = 1; await CutAsync(deed, kept, atCall); atCall++)
        {
        }
    }

    [Fact]
    public async Task A_UID_is_durable_before_anybody_hears_of_it()
    {
        await using var test = new TestStore(inMemory: true);
        await using (var before = await test.ViewAsync())
            Assert.Equal(0, before.Count);
        using var disk = new PowerCut(test.Data, Kept.NamesButNotOctets, 0);
        await test.AppendAsync(Scene.Text("a"));
        var uid = await test.AppendAsync(Scene.Text("b"));
        await using (var view = await test.ViewAsync())
            Assert.Null((await view.ExpungeAsync([1], TestStore.Token)).Problem);
        await test.Store.AbandonAsync();
        disk.Fall();
        await test.RestartAsync();

        await using var after = await test.ViewAsync();
        Assert.Equal([uid], TestStore.Uids(after));
    }

    private static async Task<bool> CutAsync(Deed deed, Kept kept, int atCall)
    {
        PowerCut? cut = null;
        await using var scene = await Scene.SetAsync(deed, scene => cut = new(scene.Test.Data, kept, atCall));
        using var disk = cut!;
        Seen? told = null;
        try
        {
            Assert.True(await deed.Do(scene));
            if (!disk.HasGone)
                told = await scene.LookAsync();
        }
        catch (KilledException)
        {
            told = null;
        }

        await scene.Test.Store.AbandonAsync();
        disk.Fall();
        await scene.ReviveAsync(isPowerCut: true);

        var after = await scene.LookAsync();
        try
        {
            if (told is null)
                FaultTests.Check(deed, scene.Before, after, isAcknowledged: false);
            else
                Check(deed, scene.Before, told, after);
            return disk.HasGone;
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            throw new InvalidOperationException(
                $"{deed.Name}, {kept} at call {atCall}\nbefore:\n{scene.Before}\ntold:\n{told}\nafter:\n{after}\n{string.Join('\n', disk.Operations)}", failure);
        }
    }

    private static void Check(Deed deed, Seen before, Seen told, Seen after)
    {
        deed.Holds(before, after);
        Assert.Equal(told.Subscribed, after.Subscribed);
        foreach (var (name, folder) in told.Folders)
        {
            var now = after.Folders[name];
            Assert.Equal(folder.UidValidity, now.UidValidity);
            Assert.All(folder.Messages, message => Assert.Equal(message.Uid, now.Find(message.Text)?.Uid));
            Assert.All(folder.Messages, message => Assert.Contains(now.Find(message.Text)!.Flags, FlagsOf(before, name, message)));

            // What comes back is what was there before, with its UID.
            Assert.All(now.Messages, message => Assert.Equal(message.Uid, (folder.Find(message.Text) ?? before.Folders[name].Find(message.Text))?.Uid));
        }
    }

    private static IEnumerable<string> FlagsOf(Seen before, string folder, SeenMessage told) =>
        before.Folders.TryGetValue(folder, out var there) && there.Find(told.Text) is { } message ? [told.Flags, message.Flags] : [told.Flags];
}
