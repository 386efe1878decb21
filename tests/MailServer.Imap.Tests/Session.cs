using MailServer.Plugins.Imap;
using MailServer.TestKit;

namespace MailServer.Imap.Tests;

/// <summary>A handler that runs on a connection in memory, with a client's end.</summary>
internal sealed class Session
{
    private Session(TestPluginHost host, TestConnection connection) => (Host, Connection) = (host, connection);

    public TestPluginHost Host { get; }

    public TestConnection Connection { get; }

    public FakeStore Store => (FakeStore)Host.Store;

    public FakeFolder Inbox => Store.Inbox;

    /// <summary>How the handler ended.</summary>
    public Task<SessionEnd> End { get; private set; } = null!;

    public static TestPluginHost NewHost(params (string Key, object Value)[] config) => new()
    {
        Store = new FakeStore(),
        Authenticator = new FakeAccounts(),
        Config = new TestConfig(config),
    };

    public static TestConnection Encrypted()
    {
        var connection = new TestConnection();
        connection.Info = connection.Info with { Tls = new() { Protocol = "TLS1.3", CipherSuite = "x" }, CanStartTls = false, AllowsPlaintextAuth = true };
        return connection;
    }

    public static async Task<IProtocolHandler> LoadAsync(TestPluginHost host)
    {
        host.Handlers.Clear();
        await new ImapPlugin().ConfigureAsync(host, CancellationToken.None);
        return host.Handlers.Single();
    }

    public static async Task<Session> StartAsync(TestPluginHost? host = null, TestConnection? connection = null)
    {
        var session = new Session(host ?? NewHost(), connection ?? Encrypted());
        await session.RunAsync(resumed: null);
        return session;
    }

    /// <summary>A client that has logged in.</summary>
    public static async Task<Session> LoggedInAsync(TestPluginHost? host = null, TestConnection? connection = null)
    {
        var session = await StartAsync(host, connection);
        await session.ExpectAsync("* OK [CAPABILITY IMAP4rev1 ");
        await session.SayAsync("l LOGIN alice seCret-7", "l OK [CAPABILITY IMAP4rev1 ");
        return session;
    }

    /// <summary>A client that has INBOX open.</summary>
    public static async Task<Session> SelectedAsync(int messages = 0, TestPluginHost? host = null)
    {
        host ??= NewHost();
        for (var i = 1; i <= messages; i++)
            ((FakeStore)host.Store).Inbox.Deliver($"Subject: {i}\r\n\r\ntext {i}\r\n");
        var session = await LoggedInAsync(host);
        await session.Connection.SendAsync("s SELECT INBOX\r\n");
        await session.SkipToAsync("s OK [READ-WRITE]");
        return session;
    }

    /// <summary>The next generation goes on where the last one has stopped.</summary>
    public async Task HandOverAsync()
    {
        Connection.Drain();
        var end = await End.WaitAsync(TimeSpan.FromSeconds(10));
        var state = Assert.IsType<SessionEnd.HandOver>(end).State;
        Connection.IsDraining = false;
        await RunAsync(state);
    }

    /// <summary>Sends a line and expects lines that begin so.</summary>
    public async Task SayAsync(string line, params IEnumerable<string> replies)
    {
        await Connection.SendAsync(line + "\r\n");
        await ExpectAsync(replies);
    }

    public async Task ExpectAsync(params IEnumerable<string> replies)
    {
        foreach (var reply in replies)
            Assert.StartsWith(reply, await Connection.ReadLineAsync() ?? "the end");
    }

    /// <summary>Reads up to the line that begins so, and returns those before it.</summary>
    public async Task<List<string>> SkipToAsync(string start)
    {
        var lines = new List<string>();
        while (true)
        {
            var line = await Connection.ReadLineAsync() ?? throw new InvalidOperationException($"the end before '{start}'");
            if (line.StartsWith(start, StringComparison.Ordinal))
                return lines;
            lines.Add(line);
        }
    }

    private async Task RunAsync(SessionState? resumed)
    {
        var handler = await LoadAsync(Host);
        if (resumed is not null)
            Assert.True(handler.CanResume(resumed));
        End = RunAsync(handler, resumed);
    }

    private async Task<SessionEnd> RunAsync(IProtocolHandler handler, SessionState? resumed)
    {
        await Task.Yield();
        var end = await handler.RunAsync(Connection, resumed, CancellationToken.None);
        if (end is SessionEnd.Closed)
            Connection.CompleteOutput();
        return end;
    }
}
