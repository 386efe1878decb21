namespace MailServer.Storage.Tests;

public sealed class RaceTests
{
    [Fact]
    public async Task No_uid_is_lost_or_doubled_while_others_deliver_rename_and_look()
    {
        var seed = Environment.GetEnvironmentVariable("MAILSERVER_SEED") is { } given
            ? int.Parse(given, System.Globalization.CultureInfo.InvariantCulture)
            : Random.Shared.Next();
        TestContext.Current.SendDiagnosticMessage("seed {0}", seed);
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed} (MAILSERVER_SEED)");

        const int Rounds = 150;
        await using var test = new TestStore();
        await test.AccountAsync();
        var cur = Path.Combine(test.Maildir, "cur");
        var foreign = Path.Combine(test.Maildir, "new");
        var known = new Dictionary<string, uint>(StringComparer.Ordinal); // base name -> uid
        var watched = 0;

        // Another program: puts files in and renames what it finds, without any lock.
        async Task Outsider(Random random)
        {
            for (var i = 0; i < Rounds; i++)
            {
                var name = $"{i}.out{random.Next()}.x";
                await File.WriteAllTextAsync(Path.Combine(test.Maildir, "tmp", name), "out\n", TestStore.Token);
                File.Move(Path.Combine(test.Maildir, "tmp", name), Path.Combine(foreign, name));
                foreach (var path in Directory.GetFiles(cur).OrderBy(_ => random.Next()).Take(5))
                {
                    var letters = string.Concat("FRS".Where(_ => random.Next(2) == 0));
                    try
                    {
                        File.Move(path, Path.Combine(cur, MessageName.BaseOf(Path.GetFileName(path)).ToString() + ":2," + letters));
                    }
                    catch (IOException)
                    {
                        // Renamed by somebody else meanwhile.
                    }
                }

                await Task.Delay(random.Next(4), TestStore.Token);
            }
        }

        async Task Deliverer(Random random)
        {
            for (var i = 0; i < Rounds; i++)
            {
                await test.DeliverAsync(flags: random.Next(3) == 0 ? SystemFlags.Flagged : default);
                await Task.Delay(random.Next(4), TestStore.Token);
            }
        }

        async Task Session(Random random)
        {
            for (var turn = 0; turn < 5; turn++)
            {
                await using var view = await test.ViewAsync(access: random.Next(2) == 0 ? FolderAccess.ReadWrite : FolderAccess.ReadOnly);
                for (var i = 0; i < Rounds / 5; i++)
                {
                    var changes = (await view.RefreshAsync(true, TestStore.Token)).Value;
                    Assert.Empty(changes.Expunged.Uids);
                    var uids = TestStore.Uids(view);
                    Assert.Equal(uids.Order(), uids);
                    Assert.Equal(uids.Length, uids.Distinct().Count());
                    Interlocked.Exchange(ref watched, Math.Max(watched, uids.Length));
                    if (view.Access == FolderAccess.ReadWrite && view.Count > 0)
                    {
                        int[] some = [.. Enumerable.Range(1, view.Count).Where(_ => random.Next(8) == 0)];
                        var there = (await view.StoreAsync(some, (FlagChange)random.Next(3), (SystemFlags)random.Next(8), TestStore.Token)).Value;
                        Assert.Equal(some, there);
                    }

                    await Task.Delay(random.Next(4), TestStore.Token);
                }
            }
        }

        await using (var whole = await test.ViewAsync(access: FolderAccess.ReadOnly))
        {
            await Task.WhenAll(
                Task.Run(() => Outsider(new(seed))), Task.Run(() => Deliverer(new(seed + 1))), Task.Run(() => Deliverer(new(seed + 2))),
                Task.Run(() => Session(new(seed + 3))), Task.Run(() => Session(new(seed + 4))), Task.Run(() => Session(new(seed + 5))));
            await TestStore.UntilAsync(whole, () => whole.Count == 3 * Rounds);
            Assert.Equal(Enumerable.Range(1, 3 * Rounds).Select(uid => (uint)uid), TestStore.Uids(whole));
        }

        Assert.True(watched > 0);
        foreach (var line in (await File.ReadAllLinesAsync(Path.Combine(test.Maildir, UidList.FileName), TestStore.Token)).Skip(1))
            Assert.True(known.TryAdd(line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..], uint.Parse(line.AsSpan(0, line.IndexOf(' ', StringComparison.Ordinal)), System.Globalization.CultureInfo.InvariantCulture)));
        Assert.Equal(3 * Rounds, known.Count);
        File.Delete(Path.Combine(test.Maildir, FolderIndex.FileName));
        await test.RestartAsync();
        await using var again = await test.ViewAsync();
        Assert.Equal(3 * Rounds, again.Count);
    }
}
