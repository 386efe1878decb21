using MailServer.Extensibility;
using MailServer.Storage;
using Microsoft.Extensions.Logging;

namespace MailServer.Server.Hosting;

/// <summary>
/// What a server does after its start while nobody waits yet: it has code compiled that the first sessions will run. The first that comes ends
/// it: whatever is not compiled by then, the session itself has compiled, and only that.
/// </summary>
internal sealed class Rehearsal : IAsyncDisposable
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(20);

    private readonly CancellationTokenSource _stop = new();
    private readonly Task _work;
    private readonly Task _watch;

    public Rehearsal(MaildirStore store, PluginManager plugins, ILogger logger)
    {
        plugins.Prepare();
        _work = Task.Run(() => RunAsync(store, logger));
        _watch = Task.Run(() => GiveWayAsync(plugins));
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _work.ConfigureAwait(false);
        await _watch.ConfigureAwait(false);
        _stop.Dispose();
    }

    private async Task GiveWayAsync(PluginManager plugins)
    {
        while (!_work.IsCompleted)
        {
            await Task.Delay(Look).ConfigureAwait(false);
            if (plugins.SessionCount == 0)
                continue;
            await _stop.CancelAsync().ConfigureAwait(false);
            return;
        }
    }

    private async Task RunAsync(MaildirStore store, ILogger logger)
    {
        try
        {
            await store.RehearseAsync(_stop.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // A session has come, or the server stops.
        }
#pragma warning disable CA1031 // nothing depends on it
        catch (Exception e)
#pragma warning restore CA1031
        {
            Log.RehearsalFailed(logger, e.Message);
        }
    }
}
