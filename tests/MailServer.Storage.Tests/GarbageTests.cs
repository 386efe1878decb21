using System.Text;

namespace MailServer.Storage.Tests;

/// <summary>Side files that hold anything at all: the folder opens, its messages are there, and what is written next is good.</summary>
public sealed class GarbageTests
{
    private static readonly string[] Names =
        [UidList.FileName, KeywordFile.FileName, FurtherKeywords.FileName, FolderIndex.FileName, "courierimapuiddb", "subscriptions", "mailserver-special-use", "dovecot-uidvalidity"];

    [Fact]
    public async Task A_folder_opens_whatever_its_side_files_hold()
    {
        var seed = Environment.GetEnvironmentVariable("MAILSERVER_SEED") is { } given
            ? int.Parse(given, System.Globalization.CultureInfo.InvariantCulture)
            : Random.Shared.Next();
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed} (MAILSERVER_SEED)");
        var random = new Random(seed);
        await using var test = new TestStore();
        for (var i = 0; i < 3; i++)
            await test.DeliverAsync(flags: new() { Keywords = [.. Enumerable.Range(0, 30).Select(n => $"k{n}")] });
        await using (var view = await test.ViewAsync())
            Assert.Equal(3, view.Count);
        await test.StopAndStartAsync();
        var good = Names.Select(name => Path.Combine(test.Maildir, name)).Where(File.Exists).ToDictionary(path => path, File.ReadAllBytes);

        var validity = 0u;
        for (var round = 0; round < 60; round++)
        {
            foreach (var name in Names)
            {
                var path = Path.Combine(test.Maildir, name);
                if (random.Next(3) > 0)
                    await File.WriteAllBytesAsync(path, Break(random, good.GetValueOrDefault(path, [])), TestStore.Token);
            }

            var account = await test.AccountAsync();
            Assert.Null((await account.ListAsync(TestStore.Token)).Problem);
            Assert.Null((await account.ListSubscribedAsync(TestStore.Token)).Problem);
            await using (var view = await test.ViewAsync())
            {
                Assert.Equal(3, view.Count);
                Assert.Equal(TestStore.Uids(view).Order().Distinct(), TestStore.Uids(view));
                for (var i = 1; i <= 3; i++)
                    Assert.Equal("Subject: x\r\n\r\nbody\r\n", await TestStore.ReadAsync(view, i));
                Assert.Equal([1, 2, 3], (await view.StoreAsync([1, 2, 3], (FlagChange)random.Next(3), new() { System = (SystemFlags)random.Next(31), Keywords = ["again"] }, TestStore.Token)).Value);
                validity = Math.Max(validity, view.UidValidity);
            }

            if (random.Next(2) == 0)
                await test.StopAndStartAsync();
            else
                await test.RestartAsync();
        }

        Assert.NotEqual(0u, validity);
    }

    private static byte[] Break(Random random, byte[] bytes)
    {
        var broken = bytes.ToList();
        for (var change = random.Next(4); change >= 0; change--)
            switch (random.Next(5))
            {
                case 0:
                    return [];
                case 1 when broken.Count > 0:
                    broken[random.Next(broken.Count)] = (byte)random.Next(256);
                    break;
                case 2 when broken.Count > 0:
                    broken.RemoveRange(random.Next(broken.Count), 1);
                    break;
                case 3:
                    broken.InsertRange(random.Next(broken.Count + 1), Encoding.UTF8.GetBytes("\n4294967295 :x\n\t :\0 9 \n"));
                    break;
                default:
                    broken = broken[..random.Next(broken.Count + 1)];
                    break;
            }

        return [.. broken];
    }
}
