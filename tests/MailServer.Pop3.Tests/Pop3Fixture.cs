using MailServer.Plugins.Pop3;
using MailServer.Pop3.Tests.Fakes;
using MailServer.TestKit;
using Microsoft.Extensions.Time.Testing;

namespace MailServer.Pop3.Tests;

/// <summary>A session in memory, under TLS unless said otherwise.</summary>
public sealed class Pop3Fixture
{
    public const string Login = "USER alice\r\nPASS secret word\r\n";

    public FakeStore Store { get; } = new();

    public FakeAuthenticator Authenticator { get; } = new();

    public FakeTimeProvider Time { get; } = new();

    public TestConnection Connection { get; } = new();

    public Task<SessionEnd> Session { get; private set; } = null!;

    public Pop3Fixture(bool isTls = true)
    {
        if (isTls)
            Connection.Info = Connection.Info with { Tls = new() { Protocol = "TLS1.3", CipherSuite = "x" }, CanStartTls = false, AllowsPlaintextAuth = true };
    }

    /// <summary>Starts a session, or goes on from where an older generation stopped.</summary>
    public Pop3Fixture Start(SessionState? resumed = null)
    {
        Connection.IsDraining = false;
        Session = RunAsync(resumed);
        return this;
    }

    public static async Task<IProtocolHandler> HandlerAsync(TestPluginHost host)
    {
        await new Pop3Plugin().ConfigureAsync(host, default);
        return host.Handlers.Single();
    }

    /// <summary>Talks: <c>C:</c> sends a line, <c>S:</c> expects one, <c>S~</c> one that begins so.</summary>
    public async Task SayAsync(string dialog)
    {
        foreach (var line in dialog.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            var text = line.Length > 3 ? line[3..] : "";
            if (line.StartsWith("C:", StringComparison.Ordinal))
                await Connection.SendAsync(text + "\r\n");
            else if (line.StartsWith("S~", StringComparison.Ordinal))
                Assert.StartsWith(text, await Connection.ReadLineAsync(), StringComparison.Ordinal);
            else
                Assert.Equal(text, await Connection.ReadLineAsync());
        }
    }

    public async Task LogInAsync() => await SayAsync("S~ +OK\nC: USER alice\nS~ +OK\nC: PASS secret word\nS~ +OK");

    /// <summary>Begins TLS, and waits for it: what a client sends before is an injection.</summary>
    public async Task StartTlsAsync()
    {
        await SayAsync("C: STLS\nS: +OK Begin TLS");
        for (var i = 0; i < 10_000 && Connection.Info.Tls is null; i++)
            await Task.Delay(1);
        Assert.NotNull(Connection.Info.Tls);
    }

    /// <summary>All that is still to come, to the end of the session.</summary>
    public async Task<string> ReadToEndAsync()
    {
        await Session.WaitAsync(TimeSpan.FromSeconds(10));
        Connection.CompleteOutput();
        var lines = new List<string>();
        while (await Connection.ReadLineAsync() is { } line)
            lines.Add(line + "\r\n");
        return string.Concat(lines);
    }

    public async Task<SessionState> HandOverAsync()
    {
        Connection.Drain();
        return Assert.IsType<SessionEnd.HandOver>(await Session.WaitAsync(TimeSpan.FromSeconds(10))).State;
    }

    public async Task EndsAsync() => Assert.IsType<SessionEnd.Closed>(await Session.WaitAsync(TimeSpan.FromSeconds(10)));

    private async Task<SessionEnd> RunAsync(SessionState? resumed)
    {
        // A new plugin each time: nothing but the state comes along.
        var handler = await HandlerAsync(new TestPluginHost { Store = Store, Authenticator = Authenticator, Time = Time });
        Assert.True(resumed is null || handler.CanResume(resumed));
        return await handler.RunAsync(Connection, resumed, default);
    }
}
