using System.Collections.Concurrent;
using System.CommandLine;
using System.Security.Cryptography;
using MailServer.Pipeline;
using MailServer.Rules;
using MailServer.Server.Configuration;
using MailServer.Server.Hosting;
using MailServer.Storage;
using Microsoft.Extensions.Logging.Abstractions;

namespace MailServer.Server.Commands;

/// <summary>Loads scripts for commands that ask them about mail. They never touch what the running server has compiled.</summary>
internal sealed class RulesVersions : IAsyncDisposable
{
    private readonly List<RuleVersion> _versions = [];
    private readonly Dictionary<string, UserRules> _own = [];
    private readonly ConcurrentDictionary<string, User> _owners = new(StringComparer.Ordinal);
    private readonly ServerConfig? _config;
    private readonly string _cache;
    private readonly bool _isTemporary;

    /// <summary>Prepares the place for what is compiled: the data directory's cache, or, without a configuration, a folder that goes at the end.</summary>
    /// <param name="config">The configuration, or null.</param>
    /// <param name="isFresh">Whether all is to be compiled anew: what the compiler has to say is said then only.</param>
    public RulesVersions(ServerConfig? config, bool isFresh = false)
    {
        _config = config;
        _isTemporary = isFresh || config is null || !Directory.Exists(config.DataDirectory);
        _cache = _isTemporary ? Directory.CreateTempSubdirectory("mailserver-rules-").FullName : Path.Combine(config!.DataDirectory, "cache", "rules-replay");
    }

    /// <summary>Compiles and loads a folder.</summary>
    /// <param name="folder">The scripts.</param>
    /// <param name="name">What the version is called: versions of one folder must not share what was last good.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="StoreUsageException">A script does not compile; the reason has a line for each error.</exception>
    public async Task<RuleVersion> LoadAsync(string folder, string name, CancellationToken cancellationToken)
    {
        var options = MailHost.RuleOptionsOf("", folder) with { CacheDirectory = Path.Combine(_cache, name) };
        var version = await RuleVersion.LoadAsync(options, cancellationToken).ConfigureAwait(false);
        _versions.Add(version);
        return version.IsWhole
            ? version
            : throw new StoreUsageException(ExitCode.No, string.Join('\n', version.Diagnostics.Where(diagnostic => diagnostic.IsError)));
    }

    /// <summary>
    /// Loads scripts to be asked about an account's mail. Those in the account's own folder, and older versions of them, run in a locked-down
    /// process, as at a delivery; others run here, with the rights of whoever has typed the command.
    /// </summary>
    /// <param name="folder">The scripts.</param>
    /// <param name="name">What the version is called.</param>
    /// <param name="owner">Whose own scripts they are; null when they are an administrator's.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="StoreUsageException">A script does not compile, or users' scripts cannot run here.</exception>
    public async Task<IReplayRules> LoadAsync(string folder, string name, User? owner, CancellationToken cancellationToken)
    {
        if (owner is null)
        {
            var version = await LoadAsync(folder, name, cancellationToken).ConfigureAwait(false);
            return new TrustedRules(version.Rules, version.Id);
        }

        var set = await FindOwnAsync(owner, folder, name, cancellationToken).ConfigureAwait(false);
        return set.Diagnostics.Any(diagnostic => diagnostic.IsError)
            ? throw new StoreUsageException(ExitCode.No, string.Join('\n', set.Diagnostics.Where(diagnostic => diagnostic.IsError).Select(diagnostic => $"{owner.Address}: {diagnostic}")))
            : new UntrustedRules(set, TextId(folder));
    }

    /// <summary>An account's own scripts, with what the compiler says about them.</summary>
    /// <param name="owner">Whose.</param>
    /// <param name="folder">Where they are, or an older version of them.</param>
    /// <param name="name">What the version is called.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="StoreUsageException">Users' scripts cannot run or be compiled here.</exception>
    public async Task<UserRuleSet> FindOwnAsync(User owner, string folder, string name, CancellationToken cancellationToken)
    {
        if (!_own.TryGetValue(name, out var rules))
        {
            var options = UserRuleSetup.OptionsOf(_config!, _config!.UserRules!) with
            {
                CacheDirectory = Path.Combine(_cache, "of-users", name),
                KnownFolders = FoldersOf,
                CompileWait = TimeSpan.FromMinutes(2),
                CompileLimit = TimeSpan.FromMinutes(2),
            };
            if (options.Refusal is { } refusal)
                throw new StoreUsageException(ExitCode.No, $"users' rules cannot run here: {refusal}");
            _own[name] = rules = new UserRules(options, TimeProvider.System, NullLoggerFactory.Instance);
        }

        _owners[owner.Address.ToString()] = owner;
        var set = await rules.FindAsync(owner.Address.ToString(), folder, cancellationToken).ConfigureAwait(false);
        return rules.Status().Accounts.FirstOrDefault(account => account.Account == owner.Address.ToString())?.CompilerProblem is { } problem
            ? throw new StoreUsageException(ExitCode.No, $"{owner.Address}: {problem}")
            : set;
    }

    /// <summary>The administrators' scripts that the configuration names; null when there are none.</summary>
    /// <exception cref="StoreUsageException">A script does not compile.</exception>
    public async Task<IReplayRules?> GlobalAsync(string name, CancellationToken cancellationToken) =>
        _config?.GlobalRules is { } folder && Directory.Exists(folder) ? await LoadAsync(folder, name, null, cancellationToken).ConfigureAwait(false) : null;

    /// <summary>The account's own scripts as they are now; null when there are none.</summary>
    /// <exception cref="StoreUsageException">A script does not compile, or users' scripts cannot run here.</exception>
    public async Task<IReplayRules?> OwnAsync(User? user, string name, CancellationToken cancellationToken) =>
        user is not null && OwnFolder(user) is { } folder && HasScripts(folder) ? await LoadAsync(folder, name, user, cancellationToken).ConfigureAwait(false) : null;

    /// <summary>Whether there is any script in a folder, which need not be there.</summary>
    public static bool HasScripts(string folder) => Directory.Exists(folder) && Directory.EnumerateFiles(folder, "*.csx").Any();

    /// <summary>What is there of several, one after the other, as a delivery asks them.</summary>
    public static IReplayRules Chain(params IReplayRules?[] links) => links.OfType<IReplayRules>().ToArray() is [var only] ? only : new ChainedRules([.. links.OfType<IReplayRules>()]);

    /// <summary>An account's own scripts' folder; null when users have none.</summary>
    public string? OwnFolder(User user) => _config?.UserRules is { } users ? UserRuleSetup.DirectoryOf(_config, users)(user) : null;

    // For the warnings of misspelt names: without the Maildir there are none to be near to.
    private IReadOnlyList<string> FoldersOf(string account)
    {
        var options = StoreTargets.OptionsOf(_config!);
        return _owners.TryGetValue(account, out var owner) && options.MaildirOf(owner) is var root && Directory.Exists(root)
            ? [.. MaildirFiles.Folders(root, options.Layout).Select(folder => folder.Name.Value)]
            : [];
    }

    private static string TextId(string folder)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var path in Directory.Exists(folder) ? Directory.GetFiles(folder, "*.csx").Order(StringComparer.Ordinal).ToArray() : [])
            hash.AppendData(File.ReadAllBytes(path));
        return Convert.ToHexStringLower(hash.GetHashAndReset().AsSpan(0, 6));
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var rules in _own.Values)
            await rules.DisposeAsync().ConfigureAwait(false);
        foreach (var version in _versions)
            version.Dispose();
        if (_isTemporary)
            Directory.Delete(_cache, recursive: true);
    }

    /// <summary>Says that the account's own scripts are meant.</summary>
    public static Option<bool> Own() => new("--own") { Description = "The account's own scripts, [rules] users; they run locked down." };

    /// <summary>Says that no others are to be asked beside the scripts that are meant.</summary>
    public static Option<bool> Alone() => new("--alone") { Description = "These scripts only, without the others that a delivery asks too." };

    /// <summary>The folder that is meant, and whose own it is.</summary>
    /// <exception cref="StoreUsageException">There is none.</exception>
    public static (string Folder, User? Owner) Whose(RulesVersions versions, string? named, bool isOwn, ServerConfig? config, User? user)
    {
        var own = user is null ? null : versions.OwnFolder(user);
        if (isOwn)
            return own is not null
                ? (named is null ? own : Path.GetFullPath(named), user)
                : throw new StoreUsageException(ExitCode.Wrong, "--own: [rules] users is not set, or no account is named");
        var folder = FolderOf(named, config);
        return (folder, own is not null && Path.TrimEndingDirectorySeparator(Path.GetFullPath(own)) == Path.TrimEndingDirectorySeparator(folder) ? user : null);
    }

    /// <summary>The folder that is meant: one that is named, or else the administrators' of the configuration.</summary>
    /// <exception cref="StoreUsageException">There is none.</exception>
    public static string FolderOf(string? named, ServerConfig? config) =>
        named is not null ? Path.GetFullPath(named)
        : config?.GlobalRules ?? throw new StoreUsageException(ExitCode.Wrong, $"{config?.File}: [rules] global is not set, and no folder is named");
}
