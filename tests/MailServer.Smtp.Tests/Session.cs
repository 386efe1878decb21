using MailServer.Plugins.Smtp;
using MailServer.TestKit;

namespace MailServer.Smtp.Tests;

/// <summary>A handler that runs on a connection in memory, with a client's end.</summary>
internal sealed class Session
{
    private Session(TestPluginHost host, TestConnection connection) => (Host, Connection) = (host, connection);

    public TestPluginHost Host { get; }

    public TestConnection Connection { get; }

    public FakeIngress Ingress => (FakeIngress)Host.Ingress;

    public LogBook Log => (LogBook)Host.Logging;

    /// <summary>How the handler ended.</summary>
    public Task<SessionEnd> End { get; private set; } = null!;

    public static TestPluginHost NewHost(params (string Key, object Value)[] config)
    {
        var accounts = new FakeAccounts();
        return new() { Ingress = new FakeIngress(), Accounts = accounts, Authenticator = accounts, Logging = new LogBook(), Config = new TestConfig(config) };
    }

    public static async Task<IProtocolHandler> LoadAsync(TestPluginHost host, string protocol)
    {
        host.Handlers.Clear();
        await new SmtpPlugin().ConfigureAsync(host, CancellationToken.None);
        return host.Handlers.Single(handler => handler.Protocol == protocol);
    }

    public static async Task<Session> StartAsync(string protocol = "smtp", TestPluginHost? host = null, TestConnection? connection = null, SessionState? resumed = null)
    {
        var session = new Session(host ?? NewHost(), connection ?? new());
        var handler = await LoadAsync(session.Host, protocol);
        session.End = session.RunAsync(handler, resumed);
        return session;
    }

    /// <summary>A client that is past the greeting and EHLO, and logged in on submission.</summary>
    public static async Task<Session> ReadyAsync(string protocol = "smtp", TestPluginHost? host = null)
    {
        var connection = new TestConnection();
        if (protocol == "submission")
            connection.Info = connection.Info with { AllowsPlaintextAuth = true };
        var session = await StartAsync(protocol, host, connection);
        string[] auth = protocol == "submission" ? ["250-AUTH "] : [];
        await session.SayAsync("EHLO client.example", ["220 ", "250-mx.example.org", "250-PIPELINING", "250-SIZE ", "250-8BITMIME", "250-SMTPUTF8",
            "250-ENHANCEDSTATUSCODES", "250-LIMITS RCPTMAX=", "250-CHUNKING", "250-STARTTLS", .. auth, "250 HELP"]);
        if (protocol == "submission")
            await session.SayAsync("AUTH PLAIN " + Convert.ToBase64String("\0alice\0seCret-7"u8), "235 2.7.0");
        return session;
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

    public async Task<string[]> RestAsync()
    {
        var lines = new List<string>();
        while (await Connection.ReadLineAsync() is { } line)
            lines.Add(line);
        return [.. lines];
    }

    private async Task<SessionEnd> RunAsync(IProtocolHandler handler, SessionState? resumed)
    {
        await Task.Yield();
        var end = await handler.RunAsync(Connection, resumed, CancellationToken.None);
        // A session that is handed over keeps its connection.
        if (end is SessionEnd.Closed)
            Connection.CompleteOutput();
        return end;
    }
}
