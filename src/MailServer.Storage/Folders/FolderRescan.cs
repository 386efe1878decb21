using System.Diagnostics;
using Microsoft.Extensions.Logging;

namespace MailServer.Storage;

/// <summary>
/// Looks at a folder again a moment after it has changed: changes within 50 ms make one look, and no more than about a tenth of a
/// processor is spent looking, however often a large folder changes. A change after some quiet waits no longer than those 50 ms.
/// </summary>
internal sealed class FolderRescan(SharedFolder folder, ILogger logger)
{
    private static readonly TimeSpan Debounce = TimeSpan.FromMilliseconds(50);

    /// <summary>However long looks take, clients are to hear of a change within two seconds.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(1);

    private int _isAsked;
    private int _isOver;
    private long _lastEnd;

    /// <summary>Asks for a look soon. Quick, never throws.</summary>
    public void Ask()
    {
        if (Interlocked.Exchange(ref _isAsked, 1) == 0 && Volatile.Read(ref _isOver) == 0)
            ThreadPool.UnsafeQueueUserWorkItem(static rescan => _ = rescan.RunAsync(), this, preferLocal: false);
    }

    /// <summary>Whether a look is still to come.</summary>
    public bool IsAsked => Volatile.Read(ref _isAsked) != 0;

    public void Stop() => Volatile.Write(ref _isOver, 1);

    /// <summary>How long a look waits.</summary>
    /// <param name="cost">What the last one took.</param>
    /// <param name="since">How long ago that was.</param>
    internal static TimeSpan Pause(TimeSpan cost, TimeSpan since) =>
        TimeSpan.FromTicks(Math.Max(Debounce.Ticks, Math.Min(cost.Ticks * 10, Longest.Ticks) - since.Ticks));

    private async Task RunAsync()
    {
        try
        {
            // The disk's clock is the real one, so this is too.
            await Task.Delay(Pause(folder.LookCost, Stopwatch.GetElapsedTime(_lastEnd))).ConfigureAwait(false);
            Volatile.Write(ref _isAsked, 0);
            if (Volatile.Read(ref _isOver) != 0)
                return;
            await folder.SynchronizeAsync(force: true, CancellationToken.None).ConfigureAwait(false);
            _lastEnd = Stopwatch.GetTimestamp();
        }
        catch (Exception failure) when (DiskProblem.Is(failure))
        {
            Log.DiskFailed(logger, "looking at a folder", failure.Message);
        }
    }
}
