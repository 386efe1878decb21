using MailServer.Rules;
using MailServer.Server.Configuration;
using MailServer.Server.Hosting;

namespace MailServer.Server.Commands;

/// <summary>Loads scripts for commands that ask them about mail. They never touch what the running server has compiled.</summary>
internal sealed class RulesVersions : IDisposable
{
    private readonly List<RuleVersion> _versions = [];
    private readonly string _cache;
    private readonly bool _isTemporary;

    /// <summary>Prepares the place for what is compiled: the data directory's cache, or, without a configuration, a folder that goes at the end.</summary>
    public RulesVersions(ServerConfig? config)
    {
        _isTemporary = config is null || !Directory.Exists(config.DataDirectory);
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

    public void Dispose()
    {
        foreach (var version in _versions)
            version.Dispose();
        if (_isTemporary)
            Directory.Delete(_cache, recursive: true);
    }

    /// <summary>The folder that is meant: one that is named, or else the administrators' of the configuration.</summary>
    /// <exception cref="StoreUsageException">There is none.</exception>
    public static string FolderOf(string? named, ServerConfig? config) =>
        named is not null ? Path.GetFullPath(named)
        : config?.GlobalRules ?? throw new StoreUsageException(ExitCode.Wrong, $"{config?.File}: [rules] global is not set, and no folder is named");
}
