using MailServer.Posix;
using Microsoft.Extensions.Logging;

namespace MailServer.Extensibility;

/// <summary>Notices changed plugin folders, waits until they keep still, and has them looked at.</summary>
internal sealed class FolderWatch : IAsyncDisposable
{
    private readonly PluginOptions _options;
    private readonly DirectoryWatcher _watcher;
    private readonly Func<Scan, CancellationToken, ValueTask<ScanReport>> _look;
    private readonly TimeProvider _time;
    private readonly PluginTimings _timings;
    private readonly ILogger _logger;
    private readonly SemaphoreSlim _changed = new(0, 1);
    private readonly CancellationTokenSource _stop = new();
    private readonly List<IDisposable> _watches = [];
    private readonly Task _loop;

    public FolderWatch(PluginOptions options, DirectoryWatcher watcher, Func<Scan, CancellationToken, ValueTask<ScanReport>> look, TimeProvider time, PluginTimings timings, ILogger logger)
    {
        (_options, _watcher, _look, _time, _timings, _logger) = (options, watcher, look, time, timings, logger);
        Signal();
        using (ExecutionContext.SuppressFlow())
            _loop = Task.Run(RunAsync);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _loop.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Unwatch();
        _stop.Dispose();
        _changed.Dispose();
    }

    private async Task RunAsync()
    {
        while (true)
        {
            await _changed.WaitAsync(_stop.Token).ConfigureAwait(false);
            try
            {
                await SettleAsync(_stop.Token).ConfigureAwait(false);
            }
#pragma warning disable CA1031 // whatever it was, the next deployment must be seen
            catch (Exception e) when (!_stop.IsCancellationRequested)
#pragma warning restore CA1031
            {
                Log.WatchFailed(_logger, OneLine.Of(e));
            }
        }
    }

    /// <summary>Looks until all folders have kept still and none is unfinished.</summary>
    private async ValueTask SettleAsync(CancellationToken cancellationToken)
    {
        Watch();
        var before = Scan.HashAll(_options.Directory);
        var stillSince = _time.GetTimestamp();
        while (true)
        {
            await Task.Delay(_timings.Quiet, _time, cancellationToken).ConfigureAwait(false);
            if (_changed.Wait(0, CancellationToken.None))
                Watch();
            var now = Scan.HashAll(_options.Directory);
            var isStill = now.Count == before.Count && now.All(folder => before.TryGetValue(folder.Key, out var hash) && hash == folder.Value);
            if (!isStill)
                stillSince = _time.GetTimestamp();

            // A folder that still changes waits; the others need not wait for it.
            var settled = now.Where(folder => before.TryGetValue(folder.Key, out var hash) && hash == folder.Value).ToDictionary();
            var isPatient = !isStill || _time.GetElapsedTime(stillSince) < _timings.Unfinished;
            var report = await _look(new() { Hashes = settled, IsPatient = isPatient }, cancellationToken).ConfigureAwait(false);
            if (isStill && !report.LookAgain)
                return;
            before = now;
        }
    }

    /// <summary>Watches the directory and its folders as they are now: a folder that was renamed away must not be taken for the one in its place.</summary>
    private void Watch()
    {
        Unwatch();
        _watches.Add(_watcher.Watch(_options.Directory, Signal));
        foreach (var folder in PluginFolder.In(_options.Directory))
            _watches.Add(_watcher.Watch(folder, Signal));
    }

    private void Unwatch()
    {
        _watches.ForEach(watch => watch.Dispose());
        _watches.Clear();
    }

    private void Signal()
    {
        try
        {
            _changed.Release();
        }
        catch (Exception e) when (e is SemaphoreFullException or ObjectDisposedException)
        {
            // Somebody looks already, or nobody any more.
        }
    }
}
