namespace MailServer.Plugins.AuthPasswordFile;

/// <summary>Keeps two programs from changing the file at once. The lock is the kernel's, so a crash leaves none behind; the empty file stays.</summary>
internal static class FileLock
{
    // An edit takes some milliseconds.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    /// <summary>Takes the lock; null when others hold it all the time.</summary>
    public static async ValueTask<IDisposable?> TryTakeAsync(string path, TimeProvider time, CancellationToken cancellationToken)
    {
        var start = time.GetTimestamp();
        var options = new FileStreamOptions
        {
            Mode = FileMode.OpenOrCreate,
            Access = FileAccess.ReadWrite,
            Share = FileShare.None,             // flock(LOCK_EX)
            BufferSize = 0,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        };
        while (true)
        {
            try
            {
                return new FileStream(path, options);
            }
            catch (IOException e) when (IsHeld(e) && time.GetElapsedTime(start) < Patience)
            {
                // Awaited within the edit, so no timer of this generation outlives it.
                await Task.Delay(Pause, time, cancellationToken).ConfigureAwait(false);
            }
            catch (IOException e) when (IsHeld(e))
            {
                return null;
            }
        }
    }

    // EWOULDBLOCK, as .NET hands it on.
    private static bool IsHeld(IOException e) => e.HResult == 11;
}
