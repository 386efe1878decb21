using Microsoft.Extensions.Logging;

namespace MailServer.Storage;

/// <summary>
/// Looks at a folder again a moment after it has changed: changes within 50 ms make one look, and no more than about a tenth of the
/// time is spent looking, however often a large folder changes.
/// </summary>
internal sealed class FolderRescan(SharedFolder folder, ILogger logger)
{
    private static readonly TimeSpan Debounce = TimeSpan.FromMilliseconds(50);

    /// <summary>However long looks take, clients are to hear of a change within two seconds.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(1);

    private int _isAsked;
    private int _isOver;
    private TimeSpan _last;

    /// <summary>Asks for a look soon. Quick, never throws.</summary>
    public void Ask()
    {
        if (Interlocked.Exchange(ref _isAsked, 1) == 0 && Volatile.Read(ref _isOver) == 0)
            ThreadPool.UnsafeQueueUserWorkItem(static rescan => _ = rescan.RunAsync(), this, preferLocal: false);
    }

    /// <summary>Whether a look is still to come.</summary>
    public bool IsAsked => Volatile.Read(ref _isAsked) != 0;

    public void Stop() => Volatile.Write(ref _isOver, 1);

    private async Task RunAsync()
    {
        try
        {
            // The disk's clock is the real one, so this is too.
            await Task.Delay(TimeSpan.FromTicks(Math.Clamp(_last.Ticks * 10, Debounce.Ticks, Longest.Ticks))).ConfigureAwait(false);
            Volatile.Write(ref _isAsked, 0);
            if (Volatile.Read(ref _isOver) != 0)
                return;
            var started = System.Diagnostics.Stopwatch.GetTimestamp();
            await folder.SynchronizeAsync(force: true, CancellationToken.None).ConfigureAwait(false);
            _last = System.Diagnostics.Stopwatch.GetElapsedTime(started);
        }
        catch (Exception failure) when (DiskProblem.Is(failure))
        {
            Log.DiskFailed(logger, "looking at a folder", failure.Message);
        }
    }
}
