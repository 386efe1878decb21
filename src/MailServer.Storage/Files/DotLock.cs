using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using MailServer.Posix;
using Microsoft.Extensions.Logging;

namespace MailServer.Storage;

/// <summary>
/// A lock that Dovecot takes too: a file <c>NAME.lock</c>, made so that only one can, with <c>pid:host</c> in it. One that its owner left
/// behind is broken: at once when the owner was a process of this host that is gone, else when nobody has touched it, nor the file that it is
/// for, for two minutes. So long one that is empty stands too, as Dovecot lets it (<c>check_lock</c> in its <c>file-dotlock.c</c>): it leaves its
/// lock empty where it cannot write its number into it.
/// </summary>
internal sealed class DotLock : IDisposable
{
    /// <summary>Dovecot's MAILDIR_UIDLIST_LOCK_STALE_TIMEOUT.</summary>
    private static readonly TimeSpan Stale = TimeSpan.FromSeconds(120);

    private static readonly byte[] Mark = Encoding.ASCII.GetBytes($"{Environment.ProcessId}:{Environment.MachineName}");

    /// <summary>A host's name has at most 255 octets, and a pid ten digits.</summary>
    private const int MaxMark = 300;

    /// <summary>Locks of this process that could not be removed, and that nobody holds.</summary>
    private static readonly ConcurrentDictionary<string, bool> Left = new(StringComparer.Ordinal);

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
            if (TryMake(path))
                return new(path);
            if (IsStale(path, time, file))
            {
                Break(path, time, file, logger);
                continue;
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
        Remove(_path);
    }

    /// <summary>
    /// False when somebody has it. It comes to be with its owner's mark in it: of one without, whose maker was killed, nobody could tell
    /// for two minutes that it is nobody's.
    /// </summary>
    private static bool TryMake(string path)
    {
        var draft = Path.Combine(Path.GetDirectoryName(path)!, "tmp", $"{Path.GetFileName(path)}.{Environment.ProcessId}.{Guid.NewGuid():N}");
        try
        {
            using (var made = DiskFile.Create(draft))
                DiskFile.Write(made, Mark, 0);
            DurableFile.RenameNoReplace(draft, path);
            Left.TryRemove(path, out _);
            return true;
        }
        catch (PosixException failure) when (failure.IsAlreadyThere)
        {
            DurableFile.TryUnlink(draft);
            return false;
        }
        catch
        {
            DurableFile.TryUnlink(draft);
            throw;
        }
    }

    /// <summary>Gives it back. One that the disk does not let go of is known to be nobody's.</summary>
    private static void Remove(string path)
    {
        try
        {
            DurableFile.Unlink(path);
        }
        catch (Exception failure) when (DiskProblem.Is(failure))
        {
            Left[path] = true;
        }
    }

    /// <summary>Takes the lock out of the way first, and puts it back if it is another one by now.</summary>
    private static void Break(string path, TimeProvider time, string file, ILogger logger)
    {
        var aside = $"{path}.{Environment.ProcessId}.{Guid.NewGuid():N}";
        try
        {
            DurableFile.Rename(path, aside);
            if (IsStale(aside, time, file))
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

    /// <summary>Whether a lock is nobody's.</summary>
    /// <param name="path">Where it is now.</param>
    /// <param name="time">The clock.</param>
    /// <param name="file">The file that it is for.</param>
    internal static bool IsStale(string path, TimeProvider time, string file)
    {
        try
        {
            // All from one file: another may have taken its place by now.
            using var held = DiskFile.Open(path);
            var touched = File.GetLastWriteTimeUtc(held);
            if (time.GetUtcNow() - touched > Stale && time.GetUtcNow() - File.GetLastWriteTimeUtc(file) > Stale)
                return true;
            var bytes = new byte[MaxMark];
            var mark = bytes.AsSpan(0, RandomAccess.Read(held, bytes, 0));
            if (Left.ContainsKey(file + ".lock") && Mark.AsSpan().StartsWith(mark))
                return true;
            var words = Encoding.UTF8.GetString(mark).Split(':', 2);
            return words.Length == 2 && words[1].Trim() == Environment.MachineName
                && int.TryParse(words[0], NumberStyles.None, CultureInfo.InvariantCulture, out var pid)

                // Our own number can only be an earlier process's: within this one nobody competes.
                && (pid == Environment.ProcessId ? touched < Started : OperatingSystem.IsLinux() && !Directory.Exists($"/proc/{pid}"));
        }
        catch (Exception failure) when (DiskProblem.Is(failure))
        {
            return false; // gone meanwhile: the next try sees
        }
    }

    private static DateTime Started { get; } = System.Diagnostics.Process.GetCurrentProcess().StartTime.ToUniversalTime();
}
