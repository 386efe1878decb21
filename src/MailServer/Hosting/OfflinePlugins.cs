using MailServer.Accounts;
using MailServer.Extensibility;
using MailServer.Posix;
using MailServer.Server.Configuration;
using Microsoft.Extensions.Logging.Abstractions;

namespace MailServer.Server.Hosting;

/// <summary>The plugins of a configuration, loaded without a server around them.</summary>
internal sealed class OfflinePlugins : IAsyncDisposable
{
    private readonly DirectoryWatcher _watcher;

    private OfflinePlugins(DirectoryWatcher watcher, PluginManager plugins, PasswordHasher passwords) => (_watcher, Plugins, Passwords) = (watcher, plugins, passwords);

    public PluginManager Plugins { get; }

    public IPasswordHasher Passwords { get; }

    /// <summary>What did not load, as lines.</summary>
    public IReadOnlyList<string> Failures { get; private set; } = [];

    public static async ValueTask<OfflinePlugins> LoadAsync(ServerConfig config, CancellationToken cancellationToken)
    {
        var none = new NoMail();
        var passwords = new PasswordHasher();
        var server = new ServerInfo { Hostname = config.Hostname, Domains = config.Domains, Version = ServerVersion.Text };
        var services = new PluginServices(config, server, none, none, passwords, saslSecret: [], TimeProvider.System, NullLoggerFactory.Instance);
        var options = new PluginOptions
        {
            Directory = config.PluginDirectory,
            Load = config.Load,
            HotReload = false,
            // Not the server's own: that one is emptied at each start.
            ShadowDirectory = Path.Combine(config.DataDirectory, "cache", "commands"),
        };
        var watcher = DirectoryWatcher.Create();
        var offline = new OfflinePlugins(watcher, new(options, services, watcher), passwords);
        offline.Failures = [.. (await offline.Plugins.StartAsync(cancellationToken).ConfigureAwait(false)).Select(failure => failure.Reason)];
        return offline;
    }

    public async ValueTask DisposeAsync()
    {
        await Plugins.DisposeAsync().ConfigureAwait(false);
        _watcher.Dispose();
    }
}
