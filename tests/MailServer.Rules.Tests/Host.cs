using MailServer.Posix;
using MailServer.TestKit;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace MailServer.Rules.Tests;

/// <summary>The rule host as it was built along, and a folder of scripts with an engine over it.</summary>
internal sealed class Host : IAsyncDisposable
{
    private readonly TempDirectory _folder = new();
    private readonly DirectoryWatcher _watcher = DirectoryWatcher.Create();
    private RuleEngine? _engine;

    public Host() => Directory.CreateDirectory(Scripts);

    /// <summary>Beside the tests' own build, in the same configuration.</summary>
    public static string Path { get; } = System.IO.Path.Combine(
        Repository.Root, "src", "MailServer.RuleHost", "bin", Configuration, "net10.0", "MailServer.RuleHost.dll");

    public string Scripts => _folder.File("scripts");

    public string Cache => _folder.File("cache");

    public ILoggerFactory Logging { get; init; } = NullLoggerFactory.Instance;

    public RuleOptions Options => new() { GlobalDirectory = Scripts, CacheDirectory = Cache, RuleHostPath = Path, Settle = TimeSpan.FromMilliseconds(50) };

    private static string Configuration =>
        new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name; // bin/CONFIGURATION/net10.0

    public string Write(string name, string text)
    {
        var path = System.IO.Path.Combine(Scripts, name);
        File.WriteAllText(path + "~", text);
        File.Move(path + "~", path, overwrite: true);
        return path;
    }

    public async Task<RuleEngine> StartAsync(RuleOptions? options = null, IRuleGate? gate = null, Action<IReadOnlyList<string>>? tell = null, TimeProvider? time = null)
    {
        _engine = new(options ?? Options, _watcher, time ?? TimeProvider.System, Logging, gate);
        if (tell is not null)
            _engine.Tell = (lines, _) =>
            {
                tell(lines);
                return Task.CompletedTask;
            };
        await _engine.StartAsync(default);
        return _engine;
    }

    /// <summary>Waits for what the watcher is to bring about.</summary>
    public static async Task UntilAsync(Func<bool> isSo)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (!isSo())
            await Task.Delay(20, limit.Token);
    }

    /// <summary>As at a shutdown of the server.</summary>
    public async ValueTask StopAsync()
    {
        if (_engine is not null)
            await _engine.DisposeAsync();
        _engine = null;
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _watcher.Dispose();
        _folder.Dispose();
    }
}

/// <summary>A mail made of a few facts.</summary>
internal sealed class Facts : IMailSource
{
    public Dictionary<string, string[]> Header { get; init; } = new(StringComparer.OrdinalIgnoreCase);

    public string From { get; init; } = "a@sender.example";

    public DateTimeOffset Date { get; init; } = new(2026, 11, 24, 0, 0, 0, TimeSpan.Zero);

    public long Size { get; init; } = 1000;

    public double JunkScore { get; init; }

    public DateTimeOffset Received { get; init; } = new(2026, 11, 24, 6, 7, 8, TimeSpan.FromHours(1));

    public IReadOnlyList<string> AuthenticationResults { get; init; } = [];

    public MailOrigin Origin { get; init; } = MailOrigin.Unknown;

    public string Text { get; init; } = "";

    public IReadOnlyList<MailPart> Parts { get; init; } = [];

    public static Mail Mail(string subject = "hello", params (string Name, string Value)[] more)
    {
        var facts = new Facts();
        facts.Header["Subject"] = [subject];
        foreach (var field in more.GroupBy(field => field.Name))
            facts.Header[field.Key] = [.. field.Select(value => value.Value)];
        return new(facts);
    }

    public IReadOnlyList<string> Fields(string name) => Header.TryGetValue(name, out var values) ? values : [];

    public IReadOnlyList<Correspondent> Addresses(string name) =>
        name == "From" && From.Split('@') is [var local, var domain] ? [new() { LocalPart = local, Domain = domain }]
        : [.. Fields(name).SelectMany(value => value.Split(',')).Select(address => address.Trim().Split('@')).Where(parts => parts.Length == 2).Select(parts => new Correspondent { LocalPart = parts[0], Domain = parts[1] })];
}

/// <summary>Recipients of whom little is known.</summary>
internal static class To
{
    public static RecipientFacts Anybody { get; } = new() { Address = "alice@example.org", Account = "alice@example.org" };
}
