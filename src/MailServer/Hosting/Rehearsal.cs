using MailServer.Extensibility;
using MailServer.Storage;
using Microsoft.Extensions.Logging;

namespace MailServer.Server.Hosting;

/// <summary>What a server does after its start while nobody waits yet: it has code compiled that the first sessions will run.</summary>
internal sealed class Rehearsal : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _work;

    public Rehearsal(MaildirStore store, PluginManager plugins, ILogger logger)
    {
        plugins.Prepare();
        _work = Task.Run(() => RunAsync(store, logger));
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _work.ConfigureAwait(false);
        _stop.Dispose();
    }

    private async Task RunAsync(MaildirStore store, ILogger logger)
    {
        try
        {
            await store.RehearseAsync(_stop.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The server stops before it was needed.
        }
#pragma warning disable CA1031 // nothing depends on it
        catch (Exception e)
#pragma warning restore CA1031
        {
            Log.RehearsalFailed(logger, e.Message);
        }
    }
}
