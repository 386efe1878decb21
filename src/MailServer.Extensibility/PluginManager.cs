using MailServer.Posix;
using Microsoft.Extensions.Logging;

namespace MailServer.Extensibility;

/// <summary>Finds, checks, loads, swaps and drains plugins, and runs the sessions of their protocols.</summary>
public sealed class PluginManager : IAsyncDisposable
{
    // Sessions have ended by then or are past their drain time; what is left is plugins' DisposeAsync.
    private static readonly TimeSpan DisposeLimit = TimeSpan.FromSeconds(5);

    private readonly PluginOptions _options;
    private readonly IPluginServices _services;
    private readonly DirectoryWatcher _watcher;
    private readonly PluginTimings _timings;
    private readonly ILogger _logger;
    private readonly Registry _registry = new();
    private readonly Preparation _preparation;
    private readonly SessionTable _sessions;
    private readonly Graveyard _graveyard;
    private readonly GenerationFactory _factory;
    private readonly Catalogue _catalogue;
    private FolderWatch? _watch;

    /// <summary>Loads nothing yet.</summary>
    /// <param name="options">Where plugins are and how they are loaded.</param>
    /// <param name="services">What plugins get from the server.</param>
    /// <param name="watcher">Tells of changed folders; not disposed by the manager.</param>
    public PluginManager(PluginOptions options, IPluginServices services, DirectoryWatcher watcher)
        : this(options, services, watcher, new())
    {
    }

    internal PluginManager(PluginOptions options, IPluginServices services, DirectoryWatcher watcher, PluginTimings timings)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(services);
        (_options, _services, _watcher, _timings) = (options, services, watcher, timings);
        _logger = services.Logging.CreateLogger("MailServer.Extensibility");
        _sessions = new(_registry, _logger);
        _preparation = new(() => _sessions.Count, services.Time);
        _graveyard = new(services.Time, timings, _logger);
        Authenticator = new CompositeAuthenticator(_registry, _logger);
        Accounts = new CompositeDirectory(_registry, _logger);
        _factory = new(options, services, Authenticator, services.SaslOver(Authenticator), Accounts, _graveyard, timings);
        _catalogue = new(options, _factory, _registry, _sessions, _preparation, _graveyard, services.Time, _logger);
    }

    /// <summary>All authenticators, asked in load order.</summary>
    public IAuthenticator Authenticator { get; }

    /// <summary>All account directories, asked in load order.</summary>
    public IAccountDirectory Accounts { get; }

    /// <summary>How many sessions run.</summary>
    public int SessionCount => _sessions.Count;

    /// <summary>Loads all plugins and, with hot reload, watches their folders from here on. Returns what did not work; the rest is in service.</summary>
    public async ValueTask<IReadOnlyList<PluginFailure>> StartAsync(CancellationToken cancellationToken)
    {
        _factory.DeleteCopies();
        await _catalogue.ScanAsync(new() { Hashes = Scan.HashAll(_options.Directory) }, cancellationToken).ConfigureAwait(false);
        if (_options.HotReload)
            _watch = new(_options, _watcher, _catalogue.ScanAsync, _services.Time, _timings, _logger);
        return [.. Status().Where(plugin => plugin.LastError is not null).Select(plugin => new PluginFailure { Id = plugin.Id, Reason = plugin.LastError ?? "" })];
    }

    /// <summary>Compiles the plugins' code in the background while no session runs, that of later generations too: so the first need not wait for it.</summary>
    public void Prepare() => _preparation.Open();

    /// <summary>Plays the parts that protocols have for that (<see cref="IProtocolHandler.Rehearsal"/>), one after the other. Returns the protocols that came to the end of theirs.</summary>
    /// <param name="stage">What the plugins get for it; whatever they do there must be without effect.</param>
    /// <param name="authenticator">Lets their only user in.</param>
    /// <param name="accounts">Knows that one user.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="OperationCanceledException">Given up.</exception>
    public async ValueTask<IReadOnlyList<string>> RehearseAsync(
        IPluginServices stage, IAuthenticator authenticator, IAccountDirectory accounts, CancellationToken cancellationToken)
    {
        var rehearsal = new Rehearsal(stage, authenticator, accounts, _logger);
        foreach (var generation in _registry.Generations.Where(generation => generation.Protocols.Count > 0))
            await RehearseAsync(rehearsal, generation, cancellationToken).ConfigureAwait(false);
        return rehearsal.Played;
    }

    private async ValueTask RehearseAsync(Rehearsal rehearsal, Generation generation, CancellationToken cancellationToken)
    {
        if (!generation.TryLease())
            return;
        try
        {
            await rehearsal.RunAsync(generation, cancellationToken).ConfigureAwait(false);
        }
#pragma warning disable CA1031 // a plugin's exception becomes text at this boundary
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
#pragma warning restore CA1031
        {
            Log.RehearsalFailed(_logger, generation.Id, OneLine.Of(e));
        }
        finally
        {
            generation.Release();
        }
    }

    /// <summary>Whether a plugin serves this protocol now.</summary>
    public bool Serves(string protocol) => _registry.SerialOf(protocol) != 0;

    /// <summary>Holds all providers of a role: <see cref="IMessageFilter"/>, <see cref="IDeliveryRule"/>. Dispose it after the call or message.</summary>
    /// <typeparam name="T">The role's contract type.</typeparam>
    public RoleLease<T> Lease<T>()
        where T : class => _registry.Lease<T>();

    /// <summary>
    /// Runs a session to its end, handing it from one generation to the next as they come. Returns when it is over; the caller then closes
    /// the connection. Throws nothing that comes from a plugin.
    /// </summary>
    /// <param name="connection">The connection, already past TLS where the listener says so.</param>
    /// <param name="protocol">The name a plugin registers.</param>
    /// <param name="hardStop">The drain time is over or the peer is gone.</param>
    public ValueTask RunSessionAsync(SessionConnection connection, string protocol, CancellationToken hardStop)
    {
        ArgumentNullException.ThrowIfNull(connection);
        return _sessions.RunAsync(connection, protocol, hardStop);
    }

    /// <summary>Makes a new generation of one plugin or of all, whether its files have changed or only its configuration, and takes up new folders.</summary>
    /// <param name="id">Which; null for all.</param>
    /// <param name="cancellationToken">Gives up; what ran goes on.</param>
    public async ValueTask<IReadOnlyList<PluginResult>> ReloadAsync(string? id, CancellationToken cancellationToken)
    {
        var scan = new Scan { Hashes = Scan.HashAll(_options.Directory), OnlyId = id, IsForced = true };
        var results = (await _catalogue.ScanAsync(scan, cancellationToken).ConfigureAwait(false)).Results;
        if (id is not null && results.All(result => result.Id != id))
            results.Add(new() { Id = id, Generation = 0, Failure = $"{_options.Directory}: no folder here holds a plugin with the id \"{id}\"" });
        return results;
    }

    /// <summary>All plugins and all that should be one.</summary>
    public IReadOnlyList<PluginStatus> Status() => _catalogue.Status();

    /// <summary>The server stops: all sessions say goodbye at their next command boundary, and so do those that still come.</summary>
    public void CloseSessions() => _sessions.Close();

    /// <summary>Stops watching and disposes all plugins. Sessions should have ended.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_watch is not null)
            await _watch.DisposeAsync().ConfigureAwait(false);
        await _catalogue.ClearAsync().ConfigureAwait(false);
        await _graveyard.FlushAsync(DisposeLimit).ConfigureAwait(false);
        _catalogue.Dispose();
        _factory.DeleteCopies();
    }
}
