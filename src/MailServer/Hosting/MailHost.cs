using System.Globalization;
using MailServer.Accounts;
using MailServer.Extensibility;
using MailServer.Pipeline;
using MailServer.Posix;
using MailServer.Rules;
using MailServer.Server.Commands;
using MailServer.Server.Configuration;
using MailServer.Server.Control;
using MailServer.Server.Listening;
using MailServer.Server.Logging;
using MailServer.Server.Tls;
using MailServer.Storage;
using Microsoft.Extensions.Logging;

namespace MailServer.Server.Hosting;

/// <summary>The composition root: a whole server, made of its rooms.</summary>
internal sealed class MailHost : IAsyncDisposable
{
    private readonly LogWriter _logging;
    private readonly ILogger _logger;
    private readonly TimeProvider _time;
    private readonly SemaphoreSlim _reloading = new(1);
    private readonly Stack<IAsyncDisposable> _parts = new();
    private readonly DirectoryWatcher _watcher;
    private readonly PluginServices _services;
    private readonly DeferredIngress _ingress = new();
    private readonly MailPipeline _pipeline;
    private readonly long _start;
    private CertificateSource? _certificates;
    private readonly TaskCompletionSource _accountsReady = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task _rulesReady = Task.CompletedTask;
    private bool _isStopped;

    private MailHost(ServerConfig config, IDeliveryObserver? observer, LogWriter logging, TimeProvider time)
    {
        (Config, _logging, _time, _start) = (config, logging, time, time.GetTimestamp());
        _logger = logging.CreateLogger("MailServer.Server");
        StartedAt = time.GetUtcNow();
        Keep(DataLock.Take(config.DataDirectory));
        _watcher = DirectoryWatcher.Create();
        Keep(_watcher);
        var server = new ServerInfo { Hostname = config.Hostname, Domains = config.Domains, Version = ServerVersion.Text };
        Store = new(
            StoreTargets.OptionsOf(config),
            _watcher, time, logging);
        _parts.Push(Store);
        _services = new(config, server, Store, _ingress, new PasswordHasher(), SaslSecret.Of(config.DataDirectory), time, logging);
        Plugins = new(OptionsOf(config), _services, _watcher);
        _parts.Push(Plugins);
        if (config.GlobalRules is { } rules)
            _parts.Push(Rules = new(RuleOptionsOf(config.DataDirectory, rules), _watcher, time, logging, new RuleTests(config.Hostname)));
        var users = UserRuleSetup.Create(config, time, logging);
        if ((UserRules = users?.Rules) is { } own)
            _parts.Push(own);
        Queue = new(QueueOptionsOf(config), Plugins, time, logging);
        _parts.Push(Queue);
        _parts.Push(Training = new(Store, Plugins, time, logging));
        _pipeline = new(OptionsOf(config, server), Store, Plugins, Rules, observer, time, logging, users, Queue, config.Aliases is { } aliases ? new AliasFile(aliases, logging.CreateLogger("MailServer.Aliases")) : null);
        if (Rules is not null)
            Rules.Tell = TellPostmasterAsync;
        Listeners = new(config, Plugins, time, _logger);
        _parts.Push(Listeners);
    }

    /// <summary>The configuration in use.</summary>
    public ServerConfig Config { get; private set; }

    public DateTimeOffset StartedAt { get; }

    public MaildirStore Store { get; }

    public PluginManager Plugins { get; }

    public RuleEngine? Rules { get; }

    /// <summary>Users' own rules; null when users have none.</summary>
    public UserRules? UserRules { get; }

    /// <summary>Mail for other servers.</summary>
    public MailQueue Queue { get; }

    /// <summary>What moves into and out of folders for junk teach.</summary>
    public JunkTraining Training { get; }

    public ListenerSet Listeners { get; }

    /// <summary>Completes when the rules of the start are in service.</summary>
    public Task RulesReady => _rulesReady;

    /// <summary>The line for whoever waits for us: each listener with the address taken.</summary>
    public string ReadyLine =>
        "ready" + string.Concat(Listeners.Listeners.Select(listener => string.Create(CultureInfo.InvariantCulture, $" {listener.Config.Name}={listener.Address}")));

    /// <summary>Starts a server. All listeners accept when this returns.</summary>
    /// <exception cref="StartException">It cannot start; nothing of it is left.</exception>
    public static async Task<MailHost> StartAsync(
        ServerConfig config, GivenSockets given, IDeliveryObserver? observer, LogWriter logging, TimeProvider time, CancellationToken cancellationToken)
    {
        var host = new MailHost(config, observer, logging, time);
        try
        {
            await host.StartAsync(given, cancellationToken).ConfigureAwait(false);
            return host;
        }
        catch (Exception e) when (e is ListenException or CertificateException)
        {
            await host.DisposeAsync().ConfigureAwait(false);
            throw new StartException(e.Message, e);
        }
        catch
        {
            await host.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Accepts no more, lets sessions end, and stops.</summary>
    public async ValueTask StopAsync(CancellationToken hurry)
    {
        Log.Stopping(_logger, Plugins.SessionCount, Units.Write(Config.DrainTime));
        await Listeners.DrainAsync(Config.DrainTime, hurry).ConfigureAwait(false);
        await DisposeAsync().ConfigureAwait(false);
        Log.Stopped(_logger);
    }

    /// <summary>Reads the configuration again and makes new generations of all plugins. What is broken changes nothing.</summary>
    public async ValueTask ReloadAsync(CancellationToken cancellationToken)
    {
        await _reloading.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await UseAsync(ConfigReader.Read(Config.File), cancellationToken).ConfigureAwait(false);
            Log.Reloaded(_logger, Config.File);
        }
        catch (BrokenConfigException e)
        {
            foreach (var error in e.Errors)
                Log.ReloadRefused(_logger, error.Message);
        }
        catch (Exception e) when (e is ListenException or CertificateException)
        {
            Log.ReloadRefused(_logger, e.Message);
        }
#pragma warning disable CA1031 // a wish to reload must never end the server
        catch (Exception e) when (e is not OperationCanceledException)
#pragma warning restore CA1031
        {
            Log.ReloadFailed(_logger, e);
        }
        finally
        {
            _reloading.Release();
        }
    }

    /// <summary>Makes new generations of one plugin or of all, with the configuration file's tables as they are now.</summary>
    /// <exception cref="BrokenConfigException">The file cannot be used; nothing has changed.</exception>
    public async ValueTask<IReadOnlyList<PluginResult>> ReloadPluginsAsync(string? id, CancellationToken cancellationToken)
    {
        await _reloading.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var config = ConfigReader.Read(Config.File);
            CheckTables(config);
            _services.Config = config;
            return await Plugins.ReloadAsync(id, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _reloading.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_isStopped)
            return;
        _isStopped = true;
        while (_parts.TryPop(out var part))
            await StopAsync(part).ConfigureAwait(false);
        _reloading.Dispose();
    }

    /// <summary>Rules are looked at while plugins load: who the postmaster is, is known only afterwards.</summary>
    private async Task TellPostmasterAsync(IReadOnlyList<string> complaints, CancellationToken end)
    {
#pragma warning disable CA1031 // the log has had it; a mail that cannot be sent must end nothing
        try
        {
            await _accountsReady.Task.WaitAsync(end).ConfigureAwait(false);
            await _pipeline.TellPostmasterAsync(complaints, end).ConfigureAwait(false);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            Log.PostmasterNotTold(_logger, e);
        }
#pragma warning restore CA1031
    }

    /// <summary>One part that fails must not keep the others from writing down what they hold.</summary>
    private async ValueTask StopAsync(IAsyncDisposable part)
    {
        try
        {
            await part.DisposeAsync().ConfigureAwait(false);
        }
#pragma warning disable CA1031 // said in the log; there is nobody else to tell
        catch (Exception e)
#pragma warning restore CA1031
        {
            Log.StopFailed(_logger, part.GetType().Name, e);
        }
    }

    private async ValueTask StartAsync(GivenSockets given, CancellationToken cancellationToken)
    {
        _logging.Config = Config.Log;
        if (Config.Tls is { } tls)
            _parts.Push(Listeners.Certificates = _certificates = new(tls, _watcher, _time, _logger));
        // Bound before the plugins load: who connects now waits a moment instead of being refused.
        var listeners = await ListenerSet.BindAsync(Config.Listeners, [], given, _time, _logger).ConfigureAwait(false);
        if (Rules is { } rules)
            _rulesReady = Task.Run(() => rules.StartAsync(cancellationToken), CancellationToken.None);
        _ingress.Open(_pipeline, _rulesReady);

        // What did not load is in the log already, and in the status.
        await Plugins.StartAsync(cancellationToken).ConfigureAwait(false);
        _accountsReady.TrySetResult();
        CheckTables(Config);
        // Before the first message comes in, and when there is somebody who can send.
        Queue.Start();
        await Listeners.UseAsync(Config, listeners).ConfigureAwait(false);
        CheckProtocols();
        if (ControlSocket.Open(this, _logger) is { } control)
            _parts.Push(control);
        // While nobody waits; a handshake that comes first does it itself.
        if (_certificates is { } certificates)
            _ = Task.Run(certificates.Current.Prepare, CancellationToken.None);
        _parts.Push(new Rehearsal(Store, Plugins, _services, OptionsOf(Config, _services.Server), _logger));
        // Last, so that it ends first: what it brings needs all of the rest.
        _parts.Push(new FetchRunner(Plugins, _time, _logger));
        Log.Ready(_logger, ServerVersion.Text, (long)_time.GetElapsedTime(_start).TotalMilliseconds);
    }

    private async ValueTask UseAsync(ServerConfig config, CancellationToken cancellationToken)
    {
        CheckTables(config);
        if (config.Tls is { } changed)
            LoadedCertificate.Load(changed);
        var listeners = await ListenerSet.BindAsync(config.Listeners, Listeners.Listeners, GivenSockets.None, _time, _logger).ConfigureAwait(false);
        // The last step that can fail came before the first that changes anything.
        if (config.Tls is { } tls)
        {
            if (_certificates is null)
                _parts.Push(Listeners.Certificates = _certificates = new(tls, _watcher, _time, _logger));
            else
                _certificates.Use(tls);
        }

        _logging.Config = config.Log;
        if (NeedRestart(Config, config) is { Count: > 0 } keys)
            Log.NeedsRestart(_logger, string.Join(", ", keys));
        Config = config;
        _services.Config = config;
        await Listeners.UseAsync(config, listeners).ConfigureAwait(false);
        await Plugins.ReloadAsync(null, cancellationToken).ConfigureAwait(false);
        if (Rules is { } rules)
            await rules.ReloadAsync(cancellationToken).ConfigureAwait(false);
        CheckProtocols();
    }

    /// <summary>A table for a plugin that is not there is a misspelt name.</summary>
    private void CheckTables(ServerConfig config)
    {
        if (!config.TablesWithoutPlugin([.. Plugins.Status().Select(plugin => plugin.Id)]).Any())
            return;
        var errors = config.TablesWithoutPlugin(PluginInventory.IdsIn(config.PluginDirectory)).ToArray();
        if (errors.Length > 0)
            throw new BrokenConfigException(errors);
    }

    private void CheckProtocols()
    {
        foreach (var listener in Listeners.Listeners.Where(listener => !Plugins.Serves(listener.Config.Protocol)))
            Log.NobodyServes(_logger, listener.Config.Name, listener.Config.Protocol);
    }

    private static List<string> NeedRestart(ServerConfig old, ServerConfig config)
    {
        var keys = new List<string>();
        Compare(old.Hostname == config.Hostname, ConfigKeys.Hostname);
        Compare(old.DataDirectory == config.DataDirectory, ConfigKeys.Data);
        Compare(old.HotReload == config.HotReload, ConfigKeys.HotReload);
        Compare(old.Postmaster == config.Postmaster, ConfigKeys.Postmaster);
        Compare(old.Maildir == config.Maildir, ConfigKeys.Maildir);
        Compare(old.IsFsLayout == config.IsFsLayout, ConfigKeys.Layout);
        Compare(old.HasSearchIndex == config.HasSearchIndex, ConfigKeys.SearchIndex);
        Compare(old.Quota.Storage == config.Quota.Storage, ConfigKeys.Quota);
        Compare(old.Quota.Messages == config.Quota.Messages, ConfigKeys.QuotaMessages);
        Compare(old.QuotaWarnings.SequenceEqual(config.QuotaWarnings), ConfigKeys.QuotaWarnings);
        Compare(old.IsOverQuotaFinal == config.IsOverQuotaFinal, ConfigKeys.OverQuota);
        Compare(old.JournalDays == config.JournalDays, ConfigKeys.JournalDays);
        Compare(old.Aliases == config.Aliases, ConfigKeys.Aliases);
        Compare(old.KeepSent.SequenceEqual(config.KeepSent), ConfigKeys.KeepSent);
        Compare(old.RecipientsPerDay == config.RecipientsPerDay, ConfigKeys.RecipientsPerDay);
        Compare(old.Domains.SequenceEqual(config.Domains), ConfigKeys.DomainName);
        Compare(old.MaxMessageSize == config.MaxMessageSize, ConfigKeys.MessageSize);
        Compare(old.PluginDirectory == config.PluginDirectory, ConfigKeys.PluginDirectory);
        Compare(old.Load is null ? config.Load is null : config.Load is not null && old.Load.SequenceEqual(config.Load), ConfigKeys.PluginLoad);
        Compare(old.FilterOrder.SequenceEqual(config.FilterOrder), ConfigKeys.FilterOrder);
        Compare(old.Filters.Count == config.Filters.Count && old.Filters.All(config.Filters.Contains), ConfigKeys.FilterTimeLimit);
        Compare(old.Queue == config.Queue, ConfigKeys.QueueFirstRetry);
        Compare(old.GlobalRules == config.GlobalRules, ConfigKeys.GlobalRules);
        Compare(old.UserRules == config.UserRules, ConfigKeys.UserRules);
        return keys;

        void Compare(bool isSame, ConfigKey key)
        {
            if (!isSame)
                keys.Add($"{key.Table} {key.Name}");
        }
    }

    private void Keep(IDisposable part) => _parts.Push(new AsyncPart(part));

    private static PluginOptions OptionsOf(ServerConfig config) => new()
    {
        Directory = config.PluginDirectory,
        Load = config.Load,
        HotReload = config.HotReload,
        ShadowDirectory = Path.Combine(config.DataDirectory, "cache", "plugins"),
    };

    /// <summary>Where the queue is, and how often it is tried.</summary>
    public static QueueOptions QueueOptionsOf(ServerConfig config) => new()
    {
        Directory = Path.Combine(config.DataDirectory, "queue"),
        Hostname = config.Hostname,
        FirstRetry = config.Queue.FirstRetry,
        LongestRetry = config.Queue.LongestRetry,
        GiveUp = config.Queue.GiveUp,
        DelayNotice = config.Queue.DelayNotice,
        Connections = config.Queue.Connections,
        ConnectionsPerDestination = config.Queue.ConnectionsPerDestination,
        RewritesSenders = config.Queue.RewritesSenders,
    };

    private static PipelineOptions OptionsOf(ServerConfig config, ServerInfo server) => new()
    {
        Server = server,
        FilterOrder = config.FilterOrder,
        Filters = config.Filters.ToDictionary(
            filter => filter.Key,
            filter => new FilterLimit { TimeLimit = filter.Value.TimeLimit, OnFailure = filter.Value.DeferOnFailure ? FilterFailure.Defer : FilterFailure.Skip }),
        MaxMessageSize = config.MaxMessageSize,
        Postmaster = config.Postmaster,
        RecipientsPerDay = config.RecipientsPerDay,
        KeepSent = config.KeepSent,
        IsOverQuotaFinal = config.IsOverQuotaFinal,
    };

    /// <summary>The program that compiles rules, and runs those of users.</summary>
    public static string RuleHostPath { get; } = Path.Combine(AppContext.BaseDirectory, "rulehost", "MailServer.RuleHost.dll");

    /// <summary>Where rules are and what compiles them.</summary>
    public static RuleOptions RuleOptionsOf(string dataDirectory, string directory) => new()
    {
        GlobalDirectory = directory,
        CacheDirectory = Path.Combine(dataDirectory, "cache", "rules"),
        RuleHostPath = RuleHostPath,
    };

    private sealed class AsyncPart(IDisposable part) : IAsyncDisposable
    {
        public ValueTask DisposeAsync()
        {
            part.Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
