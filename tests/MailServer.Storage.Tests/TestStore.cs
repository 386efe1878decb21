using System.Text;
using MailServer.Posix;
using MailServer.TestKit;
using Microsoft.Extensions.Logging.Abstractions;

namespace MailServer.Storage.Tests;

/// <summary>A store in a folder of its own, with one account.</summary>
internal sealed class TestStore : IAsyncDisposable
{
    private readonly TempDirectory _directory;
    private readonly DirectoryWatcher _watcher;

    public TestStore(MaildirLayout layout = MaildirLayout.MaildirPlusPlus, bool inMemory = false, bool polls = false)
    {
        _watcher = polls ? DirectoryWatcher.Create(polls) : DirectoryWatcher.Create();
        _directory = new(inMemory);
        Layout = layout;
        Store = Open();
    }

    public static User Alice { get; } = new() { Name = "alice", Address = new("alice", "example.org") };

    public MaildirLayout Layout { get; }

    public MaildirStore Store { get; private set; }

    public string Data => _directory.Path;

    public string Maildir => Store.MaildirOf(Alice);

    public static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>As after a start of the server, without a shutdown before.</summary>
    public async Task RestartAsync()
    {
        await Store.AbandonAsync();
        Store = Open();
    }

    /// <summary>As after a shutdown and a start of the server.</summary>
    public async Task StopAndStartAsync()
    {
        await Store.DisposeAsync();
        Store = Open();
    }

    public async Task<IMailAccount> AccountAsync() => (await Store.OpenAsync(Alice, Token)).Value;

    public async Task<IFolderView> ViewAsync(string folder = "INBOX", FolderAccess access = FolderAccess.ReadWrite, IMailConnection? session = null) =>
        (await (await AccountAsync()).OpenFolderAsync(new(folder), access, session, Token)).Value;

    public async Task<string> DeliverAsync(string text = "Subject: x\r\n\r\nbody\r\n", string folder = "INBOX", MessageFlags flags = default)
    {
        await using var spool = Store.CreateSpool();
        await spool.Writer.WriteAsync(Encoding.Latin1.GetBytes(text), Token);
        Assert.Null(await spool.SealAsync(default, Token));
        return (await Store.DeliverAsync(spool, Alice, new(folder), flags, Token)).Value.Path;
    }

    public async Task<uint> AppendAsync(string text, string folder = "INBOX", MessageFlags flags = default, DateTimeOffset? date = null)
    {
        await using var draft = (await (await AccountAsync()).BeginAppendAsync(new(folder), flags, date, Token)).Value;
        await draft.Body.WriteAsync(Encoding.Latin1.GetBytes(text), Token);
        return (await draft.CommitAsync(Token)).Value.Uid;
    }

    public static async Task<string> ReadAsync(IFolderView view, int sequence)
    {
        await using var content = (await view.OpenMessageAsync(sequence, Token)).Value;
        using var reader = new StreamReader(content.OpenRead(), Encoding.Latin1);
        return await reader.ReadToEndAsync(Token);
    }

    public static uint[] Uids(IFolderView view) => [.. Enumerable.Range(1, view.Count).Select(view.UidAt)];

    /// <summary>Refreshes until the view is as wished; fails after ten seconds.</summary>
    public static async Task UntilAsync(IFolderView view, Func<bool> isThere)
    {
        for (var i = 0; i < 200; i++)
        {
            Assert.Null((await view.RefreshAsync(true, Token)).Problem);
            if (isThere())
                return;
            await Task.Delay(50, Token);
        }

        Assert.Fail("the view did not become as expected");
    }

    public async ValueTask DisposeAsync()
    {
        await Store.DisposeAsync();
        _watcher.Dispose();
        _directory.Dispose();
    }

    private MaildirStore Open() => new(
        new StoreOptions
        {
            Maildir = "{data}/mail/{domain}/{user}/Maildir",
            Layout = Layout,
            DataDirectory = _directory.Path,
            Hostname = "mx.example.org",
        },
        _watcher,
        TimeProvider.System,
        NullLoggerFactory.Instance);
}
