using MailServer.TestKit.Dialogs;
using Microsoft.Extensions.Logging;

namespace MailServer.Imap.Tests;

/// <summary>Dialogs with octets changed at random: whatever comes, the session answers or ends, and is never at fault.</summary>
public sealed class NoiseTests(ITestOutputHelper output)
{
    private const int Failed = 203;

    private static readonly byte[] Interesting = [.. "{}()[]<>\"\\\r\n\0 +-*%.,:0129~&"u8, 0x80, 0xFF];

    [Fact]
    public async Task Noise_never_makes_the_session_fail()
    {
        var seed = int.TryParse(Environment.GetEnvironmentVariable("MAILSERVER_SEED"), out var given) ? given : Random.Shared.Next();
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        var dialogs = Dialog.Names("MailServer.Imap.Tests").Select(name => Dialog.Read("MailServer.Imap.Tests", name))
            .Where(dialog => dialog.ClientOctets.Length < 20_000).ToList();
        for (var i = 0; i < 600; i++)
        {
            var dialog = dialogs[random.Next(dialogs.Count)];
            var log = new LogBook();
            var session = await DialogTests.SetUpAsync(dialog, log);
            await session.Connection.SendAsync(Change(random, dialog.ClientOctets));
            if (random.Next(3) == 0)
                session.Inbox.Deliver("noise\r\n");
            session.Connection.HangUp();
            Assert.IsType<SessionEnd.Closed>(await session.End.WaitAsync(TimeSpan.FromSeconds(20)));
            Assert.True(log.Lines.All(line => line.Id != Failed), $"round {i}: {string.Join('\n', log.Lines)}");
            Assert.Equal((0, 0), (session.Store.OpenAccounts, session.Store.OpenViews));
        }
    }

    [Theory]
    [InlineData("a LOGIN alice seCret-7")]
    [InlineData("a LOGIN alice seCret-8")]
    [InlineData("a LOGIN seCret-8 x y")]
    [InlineData("a AUTHENTICATE PLAIN AGFsaWNlAHNlQ3JldC03")]
    public async Task No_password_is_in_the_log(string line)
    {
        var log = new LogBook();
        var host = Session.NewHost();
        host.Logging = log;
        var session = await Session.StartAsync(host);
        await session.ExpectAsync("* OK ");
        await session.SayAsync(line, "a ");
        session.Connection.HangUp();
        await session.End.WaitAsync(TimeSpan.FromSeconds(10));
        Assert.NotEmpty(log.Lines);
        Assert.DoesNotContain(log.Lines, one => one.Text.Contains("seCret", StringComparison.OrdinalIgnoreCase) || one.Text.Contains("AGFs", StringComparison.Ordinal));
    }

    private static byte[] Change(Random random, byte[] octets)
    {
        var list = octets.ToList();
        for (var i = random.Next(1, 8); i > 0 && list.Count > 0; i--)
        {
            var at = random.Next(list.Count);
            if (random.Next(3) == 0)
                list.RemoveRange(at, Math.Min(random.Next(1, 12), list.Count - at));
            else if (random.Next(2) == 0)
                list.InsertRange(at, list.GetRange(at, Math.Min(random.Next(1, 60), list.Count - at)));
            else
                list[at] = Interesting[random.Next(Interesting.Length)];
        }

        return [.. list];
    }
}

/// <summary>Keeps what is logged.</summary>
internal sealed class LogBook : ILoggerFactory, ILogger
{
    public List<(int Id, string Text)> Lines { get; } = [];

    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider)
    {
    }

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        lock (Lines)
            Lines.Add((eventId.Id, formatter(state, exception) + exception));
    }

    public void Dispose()
    {
    }
}
