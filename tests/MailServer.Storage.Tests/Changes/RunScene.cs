namespace MailServer.Storage.Tests;

/// <summary>A store of random mail, and random changes to it.</summary>
internal sealed class RunScene(TestStore test) : IAsyncDisposable
{
    private static readonly string[] Names = ["INBOX", "A", "A/B", "C"];

    private static readonly string[] Keywords = ["$Junk", "work", "later"];

    public TestStore Test => test;

    public static async Task<RunScene> MakeAsync(Random random, int messages)
    {
        var scene = new RunScene(new TestStore(random.Next(2) == 0 ? MaildirLayout.MaildirPlusPlus : MaildirLayout.Fs, inMemory: true));
        await using var account = await scene.Test.AccountAsync();
        foreach (var name in Names.Skip(1))
            Assert.Null(await account.CreateAsync(new(name), null, TestStore.Token));
        for (var i = 0; i < messages; i++)
            await scene.Test.AppendAsync($"Subject: {i}\r\n\r\nbody {i}\r\n", Names[random.Next(Names.Length)], FlagsOf(random));
        return scene;
    }

    public static MessageFlags FlagsOf(Random random) => new()
    {
        System = (SystemFlags)random.Next(32) & ~SystemFlags.Deleted,
        Keywords = [.. Keywords.Where(_ => random.Next(3) == 0)],
    };

    /// <summary>Where each message is, with its flags. A folder without messages is none.</summary>
    public async Task<string> LookAsync()
    {
        List<string> lines = [];
        await using var account = await test.AccountAsync();
        foreach (var folder in (await account.ListAsync(TestStore.Token)).Value.Where(folder => folder.IsSelectable))
        {
            await using var view = (await account.OpenFolderAsync(folder.Name, FolderAccess.ReadOnly, null, TestStore.Token)).Value;
            for (var sequence = 1; sequence <= view.Count; sequence++)
            {
                var text = await TestStore.ReadAsync(view, sequence);
                lines.Add($"{folder.Name}: {text.Split("\r\n")[0]} [{Scene.FlagsOf(view.FlagsAt(sequence))}]");
            }
        }

        return string.Join('\n', lines.Order(StringComparer.Ordinal));
    }

    /// <summary>Random changes of some of the messages.</summary>
    public async Task<List<MailChange>> WishAsync(Random random)
    {
        List<MailChange> changes = [];
        await using var account = await test.AccountAsync();
        foreach (var name in Names)
        {
            await using var view = (FolderView)(await account.OpenFolderAsync(new(name), FolderAccess.ReadOnly, null, TestStore.Token)).Value;
            for (var sequence = 1; sequence <= view.Count; sequence++)
                if (random.Next(4) != 0)
                    changes.Add(new()
                    {
                        Folder = name,
                        Message = view.BaseNameAt(sequence),
                        Adds = random.Next(2) == 0 ? [] : [.. Words(FlagsOf(random))],
                        To = random.Next(3) == 0 ? null : Target(random),
                        Copies = random.Next(3) == 0 ? [new(Target(random), null)] : null,
                        Why = new("10.csx", 7, "FileInto(\"A\")"),
                    });
        }

        // Random order: the folders of one batch are many. A copy to where it goes itself is none.
        return [.. changes.Select(change => change.Copies?[0].Folder == change.To ? change with { Copies = null } : change).OrderBy(_ => random.Next())];
    }

    public async Task<(string? Id, int Done, IReadOnlyDictionary<string, int> Skips)> ApplyAsync(IReadOnlyList<MailChange> changes, bool isDryRun = false)
    {
        await using var run = (await ChangeRun.OpenAsync(test.Store, TestStore.Alice, new() { Kind = "apply", Words = "apply", IsDryRun = isDryRun }, TestStore.Token)).Value;
        foreach (var change in changes)
            Assert.Null(await run.AddAsync(change, TestStore.Token));
        Assert.Null(await run.FinishAsync(TestStore.Token));
        return (run.Id, run.Done, run.Skips);
    }

    public async Task<(string? Id, int Done, IReadOnlyDictionary<string, int> Skips)> UndoAsync(string id)
    {
        var plan = UndoPlan.OfRun(test.Maildir, id);
        Assert.NotNull(plan);
        return await UndoAsync(plan, $"undo {id}");
    }

    public async Task<(string? Id, int Done, IReadOnlyDictionary<string, int> Skips)> UndoAsync(UndoPlan plan, string words)
    {
        await using var run = (await ChangeRun.OpenAsync(test.Store, TestStore.Alice, new() { Kind = "undo", Words = words }, TestStore.Token)).Value;
        Assert.Null(await plan.RunAsync(run, null, TestStore.Token));
        return (run.Id, run.Done, run.Skips);
    }

    public ValueTask DisposeAsync() => test.DisposeAsync();

    private static string Target(Random random) => random.Next(5) == 0 ? "New/Folder" : Names[random.Next(Names.Length)];

    private static string[] Words(MessageFlags flags) => FlagText.Write(flags).Split(' ', StringSplitOptions.RemoveEmptyEntries);
}
