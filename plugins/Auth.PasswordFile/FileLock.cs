namespace MailServer.Plugins.AuthPasswordFile;

/// <summary>Keeps two programs from changing the file at once. The lock is the kernel's, so a crash leaves none behind; the empty file stays.</summary>
internal static class FileLock
{
    // An edit takes some milliseconds.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    /// <summary>Takes the lock of a file, <c>FILE.lock</c>; null when others hold it all the time.</summary>
    public static async ValueTask<IDisposable?> TryTakeAsync(string file, TimeProvider time, CancellationToken cancellationToken)
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
                var held = new FileStream(file + ".lock", options);
                // When root makes it, the server must be able to take it too.
                if (Libc.StatusOf(file) is { } status)
                    _ = Libc.TryChangeOwner(held.SafeFileHandle, status.User, status.Group);
                return held;
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
