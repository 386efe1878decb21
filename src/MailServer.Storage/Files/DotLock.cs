using System.Globalization;
using System.Text;
using MailServer.Posix;
using Microsoft.Extensions.Logging;

namespace MailServer.Storage;

/// <summary>
/// A lock that Dovecot takes too: a file <c>NAME.lock</c>, made so that only one can, with <c>pid:host</c> in it. One that its owner left
/// behind is broken: at once when the owner was a process of this host that is gone, else when nobody has touched it for two minutes.
/// </summary>
internal sealed class DotLock : IDisposable
{
    /// <summary>Dovecot's MAILDIR_UIDLIST_LOCK_STALE_TIMEOUT.</summary>
    private static readonly TimeSpan Stale = TimeSpan.FromSeconds(120);

    private static readonly byte[] Mark = Encoding.ASCII.GetBytes($"{Environment.ProcessId}:{Environment.MachineName}");

    private readonly string _path;
    private bool _isOver;

    private DotLock(string path) => _path = path;

    /// <summary>Waits for the lock. Within the process callers must not compete for one: the folder's own semaphore orders them.</summary>
    /// <exception cref="IOException">The lock cannot be made.</exception>
    public static async ValueTask<DotLock> TakeAsync(string file, TimeProvider time, ILogger logger, CancellationToken cancellationToken)
    {
        var path = file + ".lock";
        for (var pause = 1; ; pause = Math.Min(pause * 2, 100))
        {
            cancellationToken.ThrowIfCancellationRequested();
            try
            {
                using var made = DiskFile.Create(path);
                DiskFile.Write(made, Mark, 0);
                return new(path);
            }
            catch (IOException) when (File.Exists(path))
            {
                if (IsStale(path, time))
                {
                    Break(path, time, logger);
                    continue;
                }
            }

            // The file system's clock is the real one, and so is this.
            await Task.Delay(pause, cancellationToken).ConfigureAwait(false);
        }
    }

    public void Dispose()
    {
        if (_isOver)
            return;
        _isOver = true;
        DurableFile.TryUnlink(_path);
    }

    /// <summary>Takes the lock out of the way first, and puts it back if it is another one by now.</summary>
    private static void Break(string path, TimeProvider time, ILogger logger)
    {
        var aside = $"{path}.{Environment.ProcessId}.{Guid.NewGuid():N}";
        try
        {
            DurableFile.Rename(path, aside);
            if (IsStale(aside, time))
                Log.LockBroken(logger, path);
            else
                DurableFile.Link(aside, path);
            DurableFile.Unlink(aside);
        }
        catch (PosixException failure) when (failure.IsNotThere || failure.IsAlreadyThere)
        {
            DurableFile.TryUnlink(aside); // somebody else was quicker
        }
    }

    private static bool IsStale(string path, TimeProvider time)
    {
        try
        {
            if (time.GetUtcNow() - File.GetLastWriteTimeUtc(path) > Stale && File.Exists(path))
                return true;
            var words = File.ReadAllText(path).Split(':', 2);
            return words.Length == 2 && words[1].Trim() == Environment.MachineName
                && int.TryParse(words[0], NumberStyles.None, CultureInfo.InvariantCulture, out var pid)

                // Our own number can only be an earlier process's: within this one nobody competes.
                && (pid == Environment.ProcessId ? IsBeforeUs(path) : OperatingSystem.IsLinux() && !Directory.Exists($"/proc/{pid}"));
        }
        catch (Exception failure) when (DiskProblem.Is(failure))
        {
            return false; // gone meanwhile: the next try sees
        }
    }

    private static bool IsBeforeUs(string path) => File.GetLastWriteTimeUtc(path) < Started;

    private static DateTime Started { get; } = System.Diagnostics.Process.GetCurrentProcess().StartTime.ToUniversalTime();
}
