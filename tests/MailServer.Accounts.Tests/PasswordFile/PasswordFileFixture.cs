using System.Net;
using System.Text;
using MailServer.Plugins.AuthPasswordFile;
using MailServer.TestKit;
using Microsoft.Extensions.Logging;

namespace MailServer.Accounts.Tests.PasswordFile;

/// <summary>The plugin on a file of its own, asked through its roles as the server asks it.</summary>
public sealed class PasswordFileFixture : IAsyncDisposable
{
    private readonly PasswordFilePlugin _plugin = new();

    public TempDirectory Folder { get; } = new();

    public string Path => Folder.File("users");

    public PasswordHasher Hasher { get; } = new();

    public LogLines Log { get; } = new();

    public TestPluginHost Host { get; private set; } = null!;

    public IAuthenticator Authenticator => Host.Authenticators.Single();

    public IAccountDirectory Directory => Host.Directories.Single();

    public IAccountEditor Editor => Directory.Editor!;

    public static async Task<PasswordFileFixture> StartAsync(string text, string[]? domains = null)
    {
        var fixture = new PasswordFileFixture();
        await File.WriteAllTextAsync(fixture.Path, text);
        await fixture.ConfigureAsync(domains);
        return fixture;
    }

    public async Task ConfigureAsync(string[]? domains = null)
    {
        Host = new TestPluginHost
        {
            Config = new TestConfig(("file", Path)),
            Passwords = Hasher,
            Logging = Log,
            Server = new() { Hostname = "mx.example.org", Domains = domains ?? ["example.org", "example.net"], Version = "0.0.1" },
        };
        await _plugin.ConfigureAsync(Host, default);
    }

    public async Task<AuthOutcome> LoginAsync(string name, string secret, string authorizationId = "", string from = "192.0.2.1") =>
        (await AuthenticateAsync(name, secret, authorizationId, from)).Outcome;

    public ValueTask<AuthResult> AuthenticateAsync(string name, string secret, string authorizationId = "", string from = "192.0.2.1") =>
        Authenticator.AuthenticateAsync(new Credentials.Password(authorizationId, name, secret), new ConnectionInfo
        {
            Id = "c1",
            Listener = "imap",
            Local = new IPEndPoint(IPAddress.Loopback, 143),
            Remote = new IPEndPoint(IPAddress.Parse(from), 50000),
        }, default);

    public async Task<string?> FindAsync(string address)
    {
        Assert.True(EmailAddress.TryParse(address, out var parsed));
        var found = await Directory.FindAsync(parsed, default);
        return found.Problem is null ? found.Value.Name : null;
    }

    public async ValueTask DisposeAsync()
    {
        await _plugin.DisposeAsync();
        Folder.Dispose();
    }
}

/// <summary>Keeps what was logged, a line each.</summary>
public sealed class LogLines : ILoggerFactory, ILogger
{
    private readonly StringBuilder _text = new();

    public IReadOnlyList<string> Lines => _text.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries);

    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider)
    {
    }

    public void Dispose()
    {
    }

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        lock (_text)
            _text.Append(formatter(state, exception)).Append('\n');
    }
}
