using MailServer.Posix;
using MailServer.TestKit;
using Microsoft.Extensions.Logging;

namespace MailServer.Storage.Tests;

/// <summary>A Maildir that is searched by stores with and without an index.</summary>
internal sealed class SearchStore : IAsyncDisposable
{
    private readonly TempDirectory _directory = new();
    private readonly DirectoryWatcher _watcher = DirectoryWatcher.Create();
    private readonly List<MaildirStore> _stores = [];

    public LogList Logs { get; } = new();

    public string Maildir => Path.Combine(_directory.Path, "alice");

    public string IndexFile => Path.Combine(Maildir, SearchDatabase.FileName);

    public static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>As another program would put it there.</summary>
    public void Put(string name, byte[] stored, string folder = "")
    {
        var cur = Path.Combine(Maildir, folder, "cur");
        foreach (var one in new[] { cur, Path.Combine(Maildir, folder, "new"), Path.Combine(Maildir, folder, "tmp") })
            Directory.CreateDirectory(one);
        File.WriteAllBytes(Path.Combine(cur, name + ":2,S"), stored);
    }

    /// <summary>Puts as many small mails there: <c>word1</c>, <c>word2</c> …, of which each third has <c>needle</c>.</summary>
    public void PutMany(int count, int first = 1, string folder = "")
    {
        for (var i = first; i < first + count; i++)
            Put($"{i}.a.b", Mails.Bytes($"Subject: word{i}\nTo: alice@example.org\n\nThe body of {i}{(i % 3 == 0 ? ", a needle" : "")}.\n"), folder);
    }

    public MaildirStore Open(bool withIndex = true, int few = 1)
    {
        var store = new MaildirStore(
            new StoreOptions { Maildir = "{data}/{user}", DataDirectory = _directory.Path, Hostname = "mx.example.org", SearchIndex = withIndex },
            _watcher, TimeProvider.System, Logs);
        store.Context.Search.Few = few;
        _stores.Add(store);
        return store;
    }

    public static async Task<IFolderView> ViewAsync(MaildirStore store, string folder = "INBOX") =>
        (await (await store.OpenAsync(TestStore.Alice, Token)).Value.OpenFolderAsync(new(folder), FolderAccess.ReadOnly, null, Token)).Value;

    public static async Task<int[]> SearchAsync(IFolderView view, SearchKey key) => [.. (await view.SearchAsync(key, Token)).Value];

    /// <summary>Searches, so that the folder is indexed, and waits until it is.</summary>
    public static async Task IndexAsync(MaildirStore store, IFolderView view)
    {
        await SearchAsync(view, new SearchKey.Body("no message has this"));
        await IdleAsync(store);
    }

    public static async Task IdleAsync(MaildirStore store)
    {
        for (var i = 0; !store.Context.Search.IsIdle; i++)
        {
            Assert.True(i < 3000, "the index was not ready within a minute");
            await Task.Delay(20, Token);
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var store in _stores)
            await store.DisposeAsync();
        _watcher.Dispose();
        _directory.Dispose();
    }
}

/// <summary>Keeps what was logged.</summary>
internal sealed class LogList : ILoggerFactory, ILogger
{
    private readonly List<string> _lines = [];

    public IReadOnlyList<string> Lines
    {
        get
        {
            lock (_lines)
                return [.. _lines];
        }
    }

    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        lock (_lines)
            _lines.Add(formatter(state, exception));
    }

    public void Dispose()
    {
    }
}
