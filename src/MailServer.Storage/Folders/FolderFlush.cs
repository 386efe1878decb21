using Microsoft.Extensions.Logging;

namespace MailServer.Storage;

/// <summary>Writes a folder's index while it is in use: changes within a few seconds make one write, since an SD card wears by writes.</summary>
internal sealed class FolderFlush(SharedFolder folder, ILogger logger)
{
    /// <summary>What a kill may lose of the index: a few seconds of changes are found again by one look.</summary>
    private static readonly TimeSpan Gather = TimeSpan.FromSeconds(5);

    private int _isAsked;
    private int _isOver;

    /// <summary>Asks for a write soon. Quick, never throws.</summary>
    public void Ask()
    {
        if (Interlocked.Exchange(ref _isAsked, 1) == 0 && Volatile.Read(ref _isOver) == 0)
            ThreadPool.UnsafeQueueUserWorkItem(static flush => _ = flush.RunAsync(), this, preferLocal: false);
    }

    public void Stop() => Volatile.Write(ref _isOver, 1);

    private async Task RunAsync()
    {
        try
        {
            // The disk's clock is the real one, so this is too.
            await Task.Delay(Gather).ConfigureAwait(false);
            Volatile.Write(ref _isAsked, 0);
            if (Volatile.Read(ref _isOver) == 0)
                await folder.FlushAsync().ConfigureAwait(false);
        }
        catch (Exception failure) when (DiskProblem.Is(failure))
        {
            Log.DiskFailed(logger, "writing an index", failure.Message);
        }
    }
}
