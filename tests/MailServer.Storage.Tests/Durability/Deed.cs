using System.Globalization;
using System.Text;

namespace MailServer.Storage.Tests;

/// <summary>Something that a client, a sender or the server itself does with the store.</summary>
/// <param name="Name">What it is called in the tests' table.</param>
/// <param name="Do">Does it; says whether it was acknowledged.</param>
/// <param name="Holds">What must be true of an acknowledged one afterwards.</param>
internal sealed record Deed(string Name, Func<Scene, Task<bool>> Do, Action<Seen, Seen> Holds)
{
    private static readonly string Large = Scene.Text("large") + string.Concat(Enumerable.Repeat(new string('x', 78) + "\r\n", 5000));

    /// <summary>Messages of INBOX whose flags it changes, and what they become.</summary>
    public Dictionary<string, string> Changes { get; init; } = [];

    /// <summary>Messages that it takes out of INBOX.</summary>
    public string[] TakesOut { get; init; } = [];

    /// <summary>Whether those are gone for good.</summary>
    public bool Removes { get; init; }

    /// <summary>A folder that is no more what it was.</summary>
    public string? TakesAway { get; init; }

    /// <summary>Whether it happens right after a start of the server.</summary>
    public bool IsCold { get; init; }

    /// <summary>What is done before, and looked at.</summary>
    public Func<Scene, Task> Prepare { get; init; } = _ => Task.CompletedTask;

    /// <summary>What another program does before, which nobody has looked at.</summary>
    public Func<Scene, Task> Arrive { get; init; } = _ => Task.CompletedTask;

    public static Deed[] All { get; } =
    [
        Delivery("deliver", "INBOX"),
        Delivery("deliver with flags", "INBOX", SystemFlags.Seen | SystemFlags.Flagged),
        Delivery("deliver with a keyword", "INBOX", new() { Keywords = ["new-keyword"] }),
        Delivery("deliver into a new folder", "A/B"),
        Delivery("deliver a large message", "INBOX", text: Large),
        Append("append", default),
        Append("append with a keyword", new() { System = SystemFlags.Draft, Keywords = ["new-keyword"] }),
        new("store a flag", scene => StoreAsync(scene, SystemFlags.Deleted), (_, _) => { })
        {
            Changes = { ["one"] = "Seen, Deleted", ["two"] = "Flagged, Deleted $Label", ["three"] = "Deleted" },
        },
        new("store a keyword", scene => StoreAsync(scene, new() { Keywords = ["new-keyword"] }), (_, _) => { })
        {
            Changes = { ["one"] = "Seen new-keyword", ["two"] = "Flagged $Label new-keyword", ["three"] = "None new-keyword" },
        },
        new("store a keyword without a letter", scene => StoreAsync(scene, new() { Keywords = ["new-keyword"] }), (_, _) => { })
        {
            Changes = { ["one"] = "Seen new-keyword", ["two"] = "Flagged $Label new-keyword", ["three"] = "None new-keyword" },
            Prepare = scene => File.WriteAllTextAsync(Path.Combine(scene.Test.Maildir, KeywordFile.FileName),
                "0 $Label\n" + string.Concat(Enumerable.Range(1, 25).Select(i => string.Create(CultureInfo.InvariantCulture, $"{i} k{i}\n"))), TestStore.Token),
        },
        new("copy", scene => CopyAsync(scene, isMove: false), HasCopies),
        new("move", scene => CopyAsync(scene, isMove: true), HasCopies) { TakesOut = ["one", "two"] },
        new("expunge", async scene => (await scene.View.ExpungeAsync([1, 2], TestStore.Token)).Problem is null, (_, _) => { })
        {
            TakesOut = ["one", "two"],
            Removes = true,
        },
        new("create", async scene => await scene.Account.CreateAsync(new("A/B"), "\\Archive", TestStore.Token) is null,
            (_, after) => Assert.Contains("A/B", after.Folders.Keys)),
        new("delete", async scene => await scene.Account.DeleteAsync(new("T"), TestStore.Token) is null,
            (_, after) => Assert.DoesNotContain("T", after.Folders.Keys))
        {
            TakesAway = "T",
            Removes = true,
        },
        new("rename", async scene => await scene.Account.RenameAsync(new("T"), new("U"), TestStore.Token) is null,
            (before, after) => Assert.Equal(before.Folders["T"].Messages, after.Folders["U"].Messages)) { TakesAway = "T" },
        new("subscribe", async scene => await scene.Account.SetSubscribedAsync(new("T"), true, TestStore.Token) is null,
            (_, after) => Assert.Equal(["T"], after.Subscribed)),
        new("see a new message", async scene => (await scene.View.RefreshAsync(true, TestStore.Token)).Problem is null,
            (_, after) => Assert.Equal(1, after.Count(Scene.Text("outside")))) { Arrive = ArriveAsync },
        new("see a new message behind a broken line", async scene => (await scene.View.RefreshAsync(true, TestStore.Token)).Problem is null,
            (_, after) => Assert.Equal(1, after.Count(Scene.Text("outside"))))
        {
            Arrive = async scene =>
            {
                await File.AppendAllTextAsync(Path.Combine(scene.Test.Maildir, UidList.FileName), "17 :17", TestStore.Token);
                await ArriveAsync(scene);
            },
        },
        new("open after a start", SelectAsync, (_, after) => Assert.Equal(1, after.Count(Scene.Text("outside")))) { IsCold = true, Arrive = ArriveAsync },
        new("open without an index", SelectAsync, (_, _) => { })
        {
            IsCold = true,
            Arrive = scene =>
            {
                File.Delete(Path.Combine(scene.Test.Maildir, FolderIndex.FileName));
                return Task.CompletedTask;
            },
        },
        new("stop", async scene =>
        {
            await scene.View.DisposeAsync();
            await scene.Test.StopAndStartAsync();
            return true;
        }, (_, _) => { }),
    ];

    private static Deed Delivery(string name, string folder, MessageFlags flags = default, string? text = null) => new(
        name,
        async scene =>
        {
            await using var spool = scene.Test.Store.CreateSpool();
            await spool.Writer.WriteAsync(Encoding.Latin1.GetBytes(text ?? Scene.Text("new")), TestStore.Token);
            return await spool.SealAsync(default, TestStore.Token) is null
                && (await scene.Test.Store.DeliverAsync(spool, TestStore.Alice, new(folder), flags, TestStore.Token)).Problem is null;
        },
        (_, after) => Assert.Equal(Scene.FlagsOf(flags), Assert.Single(after.Folders[folder].Messages, message => message.Text == (text ?? Scene.Text("new"))).Flags));

    private static Deed Append(string name, MessageFlags flags)
    {
        uint uid = 0;
        return new(
            name,
            async scene =>
            {
                var begun = await scene.Account.BeginAppendAsync(FolderName.Inbox, flags, null, TestStore.Token);
                if (!begun.TryGet(out var draft, out _))
                    return false;
                await using (draft)
                {
                    await draft.Body.WriteAsync(Encoding.Latin1.GetBytes(Scene.Text("new")), TestStore.Token);
                    var committed = await draft.CommitAsync(TestStore.Token);
                    uid = committed.TryGet(out var result, out _) ? result.Uid : 0;
                    return uid != 0;
                }
            },
            (_, after) => Assert.Equal(new(uid, Scene.Text("new"), Scene.FlagsOf(flags)),
                Assert.Single(after.Folders["INBOX"].Messages, message => message.Text == Scene.Text("new"))));
    }

    private static async Task<bool> StoreAsync(Scene scene, MessageFlags flags) =>
        (await scene.View.StoreAsync([1, 2, 3], FlagChange.Add, flags, TestStore.Token)).Problem is null;

    private static async Task<bool> CopyAsync(Scene scene, bool isMove) => isMove
        ? (await scene.View.MoveAsync([1, 2], new("T"), TestStore.Token)).Problem is null
        : (await scene.View.CopyAsync([1, 2], new("T"), TestStore.Token)).Problem is null;

    private static void HasCopies(Seen before, Seen after)
    {
        foreach (var text in new[] { Scene.Text("one"), Scene.Text("two") })
            Assert.Equal(before.Folders["INBOX"].Find(text)!.Flags, Assert.Single(after.Folders["T"].Messages, message => message.Text == text).Flags);
    }

    private static async Task<bool> SelectAsync(Scene scene)
    {
        if (!(await scene.Test.Store.OpenAsync(TestStore.Alice, TestStore.Token)).TryGet(out var account, out _))
            return false;
        var opened = await account.OpenFolderAsync(FolderName.Inbox, FolderAccess.ReadWrite, null, TestStore.Token);
        if (!opened.TryGet(out var view, out _))
            return false;
        await view.DisposeAsync();
        return true;
    }

    private static Task ArriveAsync(Scene scene) =>
        File.WriteAllTextAsync(Path.Combine(scene.Test.Maildir, "new", "1700000000.M1P1.other"), Scene.Text("outside").ReplaceLineEndings("\n"), TestStore.Token);
}
