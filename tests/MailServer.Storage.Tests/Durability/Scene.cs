using System.Globalization;
using System.Text;

namespace MailServer.Storage.Tests;

/// <summary>An account with some mail, to do something with while the disk fails, and all that is to be seen of it.</summary>
internal sealed class Scene : IAsyncDisposable
{
    public TestStore Test { get; } = new(inMemory: true);

    /// <summary>A session that has INBOX open while it happens.</summary>
    public IFolderView View { get; private set; } = null!;

    public IMailAccount Account { get; private set; } = null!;

    /// <summary>What was there before.</summary>
    public Seen Before { get; private set; } = null!;

    /// <param name="deed">What will be done.</param>
    /// <param name="ready">Told when all is there but what other programs do at the last moment.</param>
    public static async Task<Scene> SetAsync(Deed deed, Action<Scene>? ready = null)
    {
        var scene = new Scene();
        await scene.Test.AppendAsync(Text("one"), flags: SystemFlags.Seen);
        await scene.Test.AppendAsync(Text("two"), flags: new() { System = SystemFlags.Flagged, Keywords = ["$Label"] });
        await scene.Test.AppendAsync(Text("three"));
        scene.Account = await scene.Test.AccountAsync();
        Assert.Null(await scene.Account.CreateAsync(new("T"), null, TestStore.Token));
        await scene.Test.AppendAsync(Text("old"), folder: "T", flags: SystemFlags.Answered);
        await deed.Prepare(scene);
        scene.Before = await scene.LookAsync();
        if (deed.IsCold)
            await scene.Test.StopAndStartAsync();
        else
            scene.View = await scene.Test.ViewAsync();
        ready?.Invoke(scene);
        await deed.Arrive(scene);
        return scene;
    }

    public static string Text(string subject) => $"Subject: {subject}\r\n\r\nbody of {subject}\r\n";

    /// <summary>Looks with a session's eyes at all folders.</summary>
    public async Task<Seen> LookAsync()
    {
        var seen = new Seen();
        await using var account = await Test.AccountAsync();
        foreach (var folder in (await account.ListAsync(TestStore.Token)).Value.Where(folder => folder.IsSelectable))
        {
            await using var view = (await account.OpenFolderAsync(folder.Name, FolderAccess.ReadOnly, null, TestStore.Token)).Value;
            seen.Folders[folder.Name.Value] = await ReadAsync(view);
        }

        seen.Subscribed.AddRange((await account.ListSubscribedAsync(TestStore.Token)).Value.Select(name => name.Value));
        return seen;
    }

    /// <summary>A server starts after one has died: locks are those of a process that is no more.</summary>
    public async Task ReviveAsync(bool isPowerCut = false)
    {
        await Test.RestartAsync();
        foreach (var path in Directory.GetFiles(Test.Data, "*.lock", SearchOption.AllDirectories))
        {
            // One that does not name its owner would hold up the next server for two minutes. After a power cut that is over by then.
            if (!isPowerCut)
                Assert.Equal($"{Environment.ProcessId}:{Environment.MachineName}", await File.ReadAllTextAsync(path, TestStore.Token));
            await File.WriteAllTextAsync(path, $"{int.MaxValue}:{Environment.MachineName}", TestStore.Token);
        }
    }

    public static async Task<SeenFolder> ReadAsync(IFolderView view)
    {
        var folder = new SeenFolder(view.UidValidity, view.UidNext, []);
        for (var sequence = 1; sequence <= view.Count; sequence++)
        {
            var info = view.InfoAt(sequence);
            var text = await TestStore.ReadAsync(view, sequence);
            Assert.Equal(info.Size, text.Length);
            folder.Messages.Add(new(info.Uid, text, FlagsOf(info.Flags)));
        }

        return folder;
    }

    public static string FlagsOf(MessageFlags flags) => string.Join(' ', flags.Keywords.Order(StringComparer.Ordinal).Prepend(flags.System.ToString()));

    public async ValueTask DisposeAsync() => await Test.DisposeAsync();
}

/// <summary>What a client can see of an account.</summary>
internal sealed class Seen
{
    public SortedDictionary<string, SeenFolder> Folders { get; } = new(StringComparer.Ordinal);

    public List<string> Subscribed { get; } = [];

    /// <summary>How often a message is there, in all folders.</summary>
    public int Count(string text) => Folders.Values.Sum(folder => folder.Messages.Count(message => message.Text == text));

    public override string ToString()
    {
        var text = new StringBuilder();
        foreach (var (name, folder) in Folders)
        {
            text.Append(CultureInfo.InvariantCulture, $"{name} UIDVALIDITY {folder.UidValidity}\n");
            foreach (var message in folder.Messages)
                text.Append(CultureInfo.InvariantCulture, $"  {message.Uid} [{message.Flags}] {message.Text.ReplaceLineEndings("|")}\n");
        }

        return text.Append("subscribed: ").AppendJoin(' ', Subscribed).ToString();
    }
}

internal sealed record SeenFolder(uint UidValidity, uint UidNext, List<SeenMessage> Messages)
{
    public SeenMessage? Find(string text) => Messages.Find(message => message.Text == text);
}

internal sealed record SeenMessage(uint Uid, string Text, string Flags);
