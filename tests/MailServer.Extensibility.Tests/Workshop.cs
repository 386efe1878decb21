using System.Collections.Concurrent;
using MailServer.Accounts;
using MailServer.Accounts.Sasl;
using MailServer.Pipeline;
using MailServer.Posix;
using MailServer.Storage;
using MailServer.TestKit;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace MailServer.Extensibility.Tests;

/// <summary>A plugins directory and a manager over it, for one test.</summary>
internal sealed class Workshop : IAsyncDisposable, IPluginServices
{
    private readonly TempDirectory _directory = new();
    private readonly DirectoryWatcher _watcher = DirectoryWatcher.Create();
    private readonly Lazy<PluginManager> _manager;
    private readonly Lazy<MaildirStore> _store;
    private readonly Lazy<MailPipeline> _pipeline;
    private int _deployed;

    public Workshop(bool hotReload = true, IReadOnlyList<string>? load = null, PluginTimings? timings = null)
    {
        Directory.CreateDirectory(Plugins);
        var options = new PluginOptions { Directory = Plugins, HotReload = hotReload, Load = load, ShadowDirectory = _directory.File("shadow") };
        _manager = new(() => new(options, this, _watcher, timings ?? new() { Quiet = TimeSpan.FromMilliseconds(30), Unfinished = TimeSpan.FromMilliseconds(300) }));
        var mail = new StoreOptions { Maildir = "{data}/{domain}/{user}", DataDirectory = _directory.File("mail"), Hostname = Server.Hostname };
        _store = new(() => new(mail, _watcher, Time, Logging));
        _pipeline = new(() => new(new() { Server = Server }, _store.Value, Manager, null, null, Time, Logging));
    }

    /// <summary>The store and the pipeline are the real ones.</summary>
    public MaildirStore Maildirs => _store.Value;

    public string Plugins => _directory.File("plugins");

    public string Shadow => _directory.File("shadow");

    public PluginManager Manager => _manager.Value;

    /// <summary>The tables [plugins.ID].</summary>
    public ConcurrentDictionary<string, ConfigSection> Config { get; } = new();

    public ConfigSection ConfigOf(string pluginId) => Config.TryGetValue(pluginId, out var section) ? section : new TestConfig();

    public string DataDirectoryOf(string pluginId) => _directory.File($"data-{pluginId}");

    public ILoggerFactory Logging => NullLoggerFactory.Instance;

    public TimeProvider Time => TimeProvider.System;

    public ServerInfo Server { get; } = new() { Hostname = "mx.example.org", Domains = ["example.org"], Version = "0.0.1" };

    public IMailIngress Ingress => _pipeline.Value;

    public IMailStore Store => _store.Value;

    public IPasswordHasher Passwords { get; } = new PasswordHasher();

    public ISasl SaslOver(IAuthenticator authenticator) => new SaslMechanisms(authenticator, "secret"u8.ToArray());

    public async Task<IReadOnlyList<PluginFailure>> StartAsync() => await Manager.StartAsync(CancellationToken.None);

    public async Task<IReadOnlyList<PluginResult>> ReloadAsync(string? id = null) => await Manager.ReloadAsync(id, CancellationToken.None);

    public PluginStatus StatusOf(string id) => Manager.Status().Single(plugin => plugin.Id == id);

    public string Folder(string name) => Path.Combine(Plugins, name);

    /// <summary>Writes a plugin's file where it belongs, as <c>cp</c> does.</summary>
    public void DeployByCopy(string folder, PluginSource source) => DeployByCopy(folder, source.Compile());

    public void DeployByCopy(string folder, byte[] image)
    {
        Directory.CreateDirectory(Folder(folder));
        File.WriteAllBytes(Path.Combine(Folder(folder), "Plugin.dll"), image);
    }

    /// <summary>Writes a new folder elsewhere and renames it into place, the old one out of it before.</summary>
    public void DeployByRename(string folder, PluginSource source)
    {
        var ready = _directory.File($"ready-{++_deployed}");
        Directory.CreateDirectory(ready);
        File.WriteAllBytes(Path.Combine(ready, "Plugin.dll"), source.Compile());
        if (Directory.Exists(Folder(folder)))
            Directory.Move(Folder(folder), _directory.File($"former-{_deployed}"));
        Directory.Move(ready, Folder(folder));
    }

    /// <summary>Writes the file beside its place and renames it over the old one, as <c>install</c> and <c>rsync</c> do.</summary>
    public void DeployByRenameOfFile(string folder, PluginSource source)
    {
        Directory.CreateDirectory(Folder(folder));
        var ready = Path.Combine(Folder(folder), $".Plugin.dll.{++_deployed}");
        File.WriteAllBytes(ready, source.Compile());
        File.Move(ready, Path.Combine(Folder(folder), "Plugin.dll"), overwrite: true);
    }

    /// <summary>Begins a session; it has had its greeting when this returns.</summary>
    public async Task<Client> ConnectAsync(string protocol = "echo", CancellationToken hardStop = default)
    {
        var client = Connect(protocol, hardStop);
        Assert.NotNull(await client.ReadLineAsync());
        return client;
    }

    public Client Connect(string protocol = "echo", CancellationToken hardStop = default)
    {
        var connection = new PipeConnection();
        var session = Task.Run(async () =>
        {
            await Manager.RunSessionAsync(connection, protocol, hardStop);
            connection.Transport.Output.Complete();
        }, CancellationToken.None);
        return new(connection, session);
    }

    /// <summary>Waits until something is so. Fails after thirty seconds, with what was seen last.</summary>
    public static async Task UntilAsync<T>(Func<T> look, Func<T, bool> isSo)
    {
        var last = look();
        for (var i = 0; i < 3000 && !isSo(last); i++)
        {
            await Task.Delay(10);
            last = look();
        }

        Assert.True(isSo(last), $"after thirty seconds: {last}");
    }

    public Task UntilGenerationAsync(string id, int generation) =>
        UntilAsync(() => Manager.Status().FirstOrDefault(plugin => plugin.Id == id), status => status?.Generation == generation);

    /// <summary>Waits until no replaced generation is in memory.</summary>
    public Task UntilCollectedAsync(string id) =>
        UntilAsync(() => string.Join(", ", StatusOf(id).Retired), retired => retired.Length == 0);

    public async ValueTask DisposeAsync()
    {
        if (_manager.IsValueCreated)
            await _manager.Value.DisposeAsync();
        if (_store.IsValueCreated)
            await _store.Value.DisposeAsync();
        _watcher.Dispose();
        _directory.Dispose();
    }
}
