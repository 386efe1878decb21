using MailServer.Posix;

namespace MailServer.Storage.Tests;

/// <summary>
/// Every call on the disk fails once, of every kind, at every step of all that the store does. Never is a message lost, nor one acknowledged
/// and absent, nor a flag acknowledged and another there; when the disk is well again, all goes on, with the same UIDs.
/// </summary>
public sealed class FaultTests
{
    private static readonly (string Name, int Number)[] Errors =
        [("ENOSPC", 28), ("EIO", 5), ("EMFILE", 24), ("EACCES", 13), ("EDQUOT", 122), ("EROFS", 30)];

    public static TheoryData<string, Breakage> Deeds
    {
        get
        {
            var rows = new TheoryData<string, Breakage>();
            foreach (var deed in Deed.All)
                foreach (var breakage in Enum.GetValues<Breakage>())
                    rows.Add(deed.Name, breakage);
            return rows;
        }
    }

    [Theory]
    [MemberData(nameof(Deeds))]
    public async Task Nothing_is_lost_whichever_call_fails(string name, Breakage breakage)
    {
        var deed = Deed.All.Single(deed => deed.Name == name);
        var failed = 0;
        foreach (var call in Enum.GetValues<DiskCall>().Where(call => FaultyDisk.CanBegin(breakage, call)))
            for (var nth = 1; ; nth++)
            {
                var error = breakage switch
                {
                    Breakage.Full => Errors[0],
                    Breakage.Dead => Errors[1],
                    Breakage.Forbidden => Errors[3],
                    _ => Errors[(failed + nth) % Errors.Length],
                };
                if (!await TryAsync(deed, call, nth, breakage, error))
                    break;
                failed++;
            }

        if (breakage == Breakage.Once)
            Assert.NotEqual(0, failed);
    }

    /// <summary>Says whether there was an n-th call of that kind.</summary>
    private static async Task<bool> TryAsync(Deed deed, DiskCall call, int nth, Breakage breakage, (string Name, int Number) error)
    {
        await using var scene = await Scene.SetAsync(deed);
        bool isAcknowledged;
        bool hasFailed;
        using (var disk = new FaultyDisk(scene.Test.Data, call, nth, breakage, error.Number))
        {
            try
            {
                isAcknowledged = await deed.Do(scene).WaitAsync(TimeSpan.FromSeconds(8), TestStore.Token);
            }
            catch (Exception failure) when (failure is KilledException || (failure is IOException or UnauthorizedAccessException && breakage != Breakage.Killed))
            {
                isAcknowledged = false;
            }

            hasFailed = disk.HasFailed;
            if (breakage == Breakage.Killed && hasFailed)
                await scene.ReviveAsync();
        }

        var what = $"{deed.Name}: {call} {nth} fails with {error.Name} ({breakage}), acknowledged: {isAcknowledged}";
        var after = await scene.LookAsync();
        try
        {
            Check(deed, scene.Before, after, isAcknowledged);
            await scene.Test.RestartAsync();
            var again = await scene.LookAsync();
            Assert.Equal(after.ToString(), again.ToString());
            await CheckUseAsync(scene, again);
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            throw new InvalidOperationException($"{what}\nbefore:\n{scene.Before}\nafter:\n{after}\n", failure);
        }

        if (!hasFailed)
            Assert.True(isAcknowledged, what);
        return hasFailed;
    }

    /// <summary>Nothing that was there is lost or changed, but for what was asked.</summary>
    internal static void Check(Deed deed, Seen before, Seen after, bool isAcknowledged)
    {
        foreach (var (name, folder) in before.Folders)
            if (name != deed.TakesAway)
                CheckFolder(deed, name, folder, after.Folders[name], isAcknowledged);
        if (!deed.Removes)
            Assert.All(before.Folders.Values.SelectMany(folder => folder.Messages), message => Assert.NotEqual(0, after.Count(message.Text)));
        if (isAcknowledged)
            deed.Holds(before, after);
    }

    private static void CheckFolder(Deed deed, string name, SeenFolder before, SeenFolder after, bool isAcknowledged)
    {
        Assert.Equal(before.UidValidity, after.UidValidity);
        Assert.Equal(after.Messages.Count, after.Messages.DistinctBy(message => message.Uid).Count());
        foreach (var message in before.Messages)
        {
            var subject = message.Text.Split('\r')[0]["Subject: ".Length..];
            var now = after.Find(message.Text);
            if (name == "INBOX" && deed.TakesOut.Contains(subject) && (isAcknowledged || now is null))
            {
                Assert.Null(now);
                continue;
            }

            Assert.NotNull(now);
            Assert.Equal(message.Uid, now.Uid);
            var changed = name == "INBOX" ? deed.Changes.GetValueOrDefault(subject, message.Flags) : message.Flags;
            if (isAcknowledged || now.Flags != message.Flags)
                Assert.Equal(changed, now.Flags);
        }

        Assert.All(after.Messages.Where(message => before.Find(message.Text) is null), message => Assert.True(message.Uid >= before.UidNext));
    }

    /// <summary>All goes on: a delivery, and a UID that was never given.</summary>
    private static async Task CheckUseAsync(Scene scene, Seen before)
    {
        await scene.Test.DeliverAsync(Scene.Text("later"));
        await scene.Test.DeliverAsync(Scene.Text("later"), folder: "T");
        var after = await scene.LookAsync();
        foreach (var (name, folder) in before.Folders)
            Assert.Equal(folder.Messages, after.Folders[name].Messages.Take(folder.Messages.Count));
        Assert.Equal(2, after.Count(Scene.Text("later")));
        Assert.True(after.Folders["INBOX"].Messages[^1].Uid >= before.Folders["INBOX"].UidNext);
    }
}
