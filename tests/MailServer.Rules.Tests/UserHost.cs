using MailServer.Posix;
using MailServer.TestKit;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace MailServer.Rules.Tests;

/// <summary>Users' scripts in folders of a temporary place, and what runs them: the real compiler and real workers.</summary>
internal sealed class UserHost : IAsyncDisposable
{
    private readonly TempDirectory _folder = new();
    private UserRules? _rules;

    public ILoggerFactory Logging { get; init; } = NullLoggerFactory.Instance;

    public IRuleGate? Gate { get; init; }

    public UserRules Rules => _rules ??= new(Options, TimeProvider.System, Logging, Gate);

    public UserRuleOptions Options { get; init; }

    public UserHost() => Options = new()
    {
        CacheDirectory = _folder.File("cache"),
        // A loaded machine needs its time; what must be fast is measured elsewhere.
        CompileWait = TimeSpan.FromMinutes(3),
        TestLimit = TimeSpan.FromMinutes(3),
        CompileWaitForOthers = TimeSpan.FromMinutes(3),
        CompileLimit = TimeSpan.FromSeconds(60),
        MailLimit = TimeSpan.FromMinutes(5),
        Workers = new()
        {
            RuleHostPath = Host.Path,
            User = ProcessLocks.IsRoot ? (65534, 65534) : null,
            StartLimit = TimeSpan.FromSeconds(60),
            ClockLimit = TimeSpan.FromSeconds(60),
        },
    };

    public string FolderOf(string account) => _folder.File($"users/{account}");

    public void Write(string account, string name, string text)
    {
        Directory.CreateDirectory(FolderOf(account));
        File.WriteAllText(Path.Combine(FolderOf(account), name + "~"), text);
        File.Move(Path.Combine(FolderOf(account), name + "~"), Path.Combine(FolderOf(account), name), overwrite: true);
    }

    public ValueTask<UserRuleSet> FindAsync(string account) => Rules.FindAsync(account, FolderOf(account), default);

    public async Task<Delivery> DecideAsync(string account, IMailSource? mail = null, IRecipientSource? recipient = null, Delivery? sofar = null) =>
        await (await FindAsync(account)).DecideAsync(mail ?? new Facts(), recipient ?? To.Anybody, sofar ?? Delivery.Keep, default);

    /// <summary>Ends all, as a restart of the server does; what is on disk stays.</summary>
    public async Task RestartAsync()
    {
        if (_rules is not null)
            await _rules.DisposeAsync();
        _rules = null;
    }

    public async ValueTask DisposeAsync()
    {
        await RestartAsync();
        _folder.Dispose();
    }
}
