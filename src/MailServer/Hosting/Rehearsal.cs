using MailServer.Extensibility;
using MailServer.Pipeline;
using MailServer.Storage;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace MailServer.Server.Hosting;

/// <summary>
/// What a server does after its start while nobody waits: it has code compiled that the first sessions will run. A session that comes ends
/// it, since the two must not share the processor; when none is left soon after, as behind a monitor's look at a port, it begins again.
/// </summary>
internal sealed class Rehearsal : IAsyncDisposable
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(20);

    // What sessions need they have compiled themselves by then.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly MaildirStore _store;
    private readonly PluginManager _plugins;
    private readonly PluginServices _services;
    private readonly PipelineOptions _options;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _work;

    public Rehearsal(MaildirStore store, PluginManager plugins, PluginServices services, PipelineOptions options, ILogger logger)
    {
        (_store, _plugins, _services, _options) = (store, plugins, services, options);
        _work = Task.Run(() => RunAsync(logger));
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _work.ConfigureAwait(false);
        _stop.Dispose();
    }

    private async Task RunAsync(ILogger logger)
    {
        try
        {
            var start = _services.Time.GetTimestamp();
            while (!await TryPlayAsync().ConfigureAwait(false) && _services.Time.GetElapsedTime(start) < Patience)
                await Task.Delay(Look, _stop.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return; // The server stops.
        }
#pragma warning disable CA1031 // nothing depends on it
        catch (Exception e)
#pragma warning restore CA1031
        {
            Log.RehearsalFailed(logger, e.Message);
        }

        // What no usual session needs: last.
        _plugins.Prepare();
    }

    /// <summary>False when there is a session, or one comes.</summary>
    private async ValueTask<bool> TryPlayAsync()
    {
        if (_plugins.SessionCount > 0)
            return false;
        using var giveWay = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        var play = PlayAsync(giveWay.Token);
        while (!play.IsCompleted)
        {
            await Task.WhenAny(play, Task.Delay(Look)).ConfigureAwait(false);
            if (_plugins.SessionCount > 0)
                await giveWay.CancelAsync().ConfigureAwait(false);
        }

        try
        {
            await play.ConfigureAwait(false);
            return true;
        }
        catch (OperationCanceledException) when (!_stop.IsCancellationRequested)
        {
            return false;
        }
    }

    private Task PlayAsync(CancellationToken end) => _store.RehearseAsync(
        async (stage, nobody, end) =>
        {
            var cast = new RehearsalCast(nobody);
            var ingress = MailPipeline.ForOneAccount(_options, stage, cast, _services.Time);
            await _plugins.RehearseAsync(new RehearsalStage(_services, stage, ingress), cast, cast, end).ConfigureAwait(false);
        },
        end).AsTask();
}

/// <summary>The only user of a rehearsal, whom everything is believed.</summary>
internal sealed class RehearsalCast(User nobody) : IAuthenticator, IAccountDirectory
{
    public ValueTask<AuthResult> AuthenticateAsync(Credentials credentials, ConnectionInfo connection, CancellationToken cancellationToken) =>
        new(new AuthResult(AuthOutcome.Accepted, nobody));

    public ValueTask<Outcome<User>> FindAsync(EmailAddress address, CancellationToken cancellationToken) => new(nobody);

    public ValueTask<IReadOnlyList<User>> ListAsync(CancellationToken cancellationToken) => new([nobody]);
}

/// <summary>What plugins get in a rehearsal: all as in the server, but for mail, accounts and the log.</summary>
internal sealed class RehearsalStage(PluginServices services, IMailStore store, IMailIngress ingress) : IPluginServices
{
    public ILoggerFactory Logging => NullLoggerFactory.Instance;

    public TimeProvider Time => services.Time;

    public ServerInfo Server { get; } = services.Server with { Domains = ["localhost"] };

    public IMailIngress Ingress => ingress;

    public IMailStore Store => store;

    public IPasswordHasher Passwords => services.Passwords;

    public ISasl SaslOver(IAuthenticator authenticator) => services.SaslOver(authenticator);

    public ConfigSection ConfigOf(string pluginId) => services.ConfigOf(pluginId);

    public string DataDirectoryOf(string pluginId) => services.DataDirectoryOf(pluginId);
}
