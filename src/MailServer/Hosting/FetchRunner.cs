using MailServer.Extensibility;
using Microsoft.Extensions.Logging;

namespace MailServer.Server.Hosting;

/// <summary>Runs the fetchers of the plugins in service, each on its own, and ends those of a generation that another has replaced.</summary>
internal sealed class FetchRunner : IAsyncDisposable
{
    /// <summary>How often the plugins in service are looked at, and how soon one that has failed is run again.</summary>
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(2), Pause = TimeSpan.FromMinutes(1);

    private readonly PluginManager _plugins;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _loop;

    public FetchRunner(PluginManager plugins, TimeProvider time, ILogger logger)
    {
        (_plugins, _time, _logger) = (plugins, time, logger);
        using (ExecutionContext.SuppressFlow())
            _loop = Task.Run(FollowAsync);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _loop.ConfigureAwait(false);
        _stop.Dispose();
    }

    private async Task FollowAsync()
    {
        var running = new Dictionary<IMailFetcher, (CancellationTokenSource Stop, Task Task)>(ReferenceEqualityComparer.Instance);
        using var timer = new PeriodicTimer(Look, _time);
        do
        {
            IReadOnlyList<IMailFetcher> wanted;
            using (var lease = _plugins.Lease<IMailFetcher>())
                wanted = _stop.IsCancellationRequested ? [] : [.. lease.Items.Select(item => item.Instance)];
            foreach (var (fetcher, (stop, task)) in running.Where(one => !wanted.Contains(one.Key, ReferenceEqualityComparer.Instance)).ToArray())
            {
                running.Remove(fetcher);
                await stop.CancelAsync().ConfigureAwait(false);
                await task.ConfigureAwait(false);
                stop.Dispose();
            }

            foreach (var fetcher in wanted.Where(fetcher => !running.ContainsKey(fetcher)))
            {
                var stop = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
                running[fetcher] = (stop, RunAsync(fetcher, _plugins.Lease<IMailFetcher>(), stop.Token));
            }
        }
        while (running.Count > 0 && _stop.IsCancellationRequested || await NextAsync(timer).ConfigureAwait(false));
    }

    // At the end the loop goes round once more, to wait for those that run.
    private async ValueTask<bool> NextAsync(PeriodicTimer timer)
    {
        if (_stop.IsCancellationRequested)
            return false;
        try
        {
            return await timer.WaitForNextTickAsync(_stop.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return true;
        }
    }

    private async Task RunAsync(IMailFetcher fetcher, RoleLease<IMailFetcher> lease, CancellationToken stop)
    {
        using (lease)
            while (!stop.IsCancellationRequested)
                try
                {
                    await fetcher.RunAsync(stop).ConfigureAwait(false);
                    await Task.Delay(Pause, _time, stop).ConfigureAwait(false);
                }
#pragma warning disable CA1031 // a plugin's exception becomes text at this boundary
                catch (Exception e)
#pragma warning restore CA1031
                {
                    if (stop.IsCancellationRequested)
                        return;
                    Log.FetcherFailed(_logger, e.GetType().Name + ": " + e.Message.ReplaceLineEndings(" "));
                    await Task.Delay(Pause, _time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                }
    }
}
