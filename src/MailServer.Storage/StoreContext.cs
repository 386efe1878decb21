using Microsoft.Extensions.Logging;
using Microsoft.Win32.SafeHandles;

namespace MailServer.Storage;

/// <summary>What all parts of the store share.</summary>
internal sealed class StoreContext(StoreOptions options, TimeProvider time, ILogger logger)
{
    private long _failures;

    public StoreOptions Options { get; } = options;

    public TimeProvider Time { get; } = time;

    public ILogger Logger { get; } = logger;

    public UniqueNames Names { get; } = new(options.Hostname, time);

    public DiskThreads Disk { get; } = new();

    public DirectorySync Sync => field ??= new(Disk);

    public long Failures => Volatile.Read(ref _failures);

    public MaildirMaker Maker => field ??= new(this);

    /// <summary>Tests look in, or fail, between any two steps.</summary>
    public Action<string>? Steps { get; set; }

    public void Reached(string step) => Steps?.Invoke(step);

    public Problem Failed(string operation, Exception failure)
    {
        Interlocked.Increment(ref _failures);
        if (failure is DirectoryNotFoundException)
            Maker.ForgetAll(); // somebody has removed a folder, or a part of one
        Log.DiskFailed(Logger, operation, failure.InnerException is { } inner ? $"{failure.Message}: {inner.Message}" : failure.Message);
        return DiskProblem.From(failure);
    }

    /// <summary>0600, whatever the umask is.</summary>
    public static void MakePrivate(SafeFileHandle file)
    {
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    /// <summary>Makes a directory with its parents, 0700.</summary>
    public static void MakeDirectory(string path)
    {
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(path);
        else
            Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    /// <summary>Makes a private file; one that is there already is left alone.</summary>
    public static void WriteNew(string path, ReadOnlySpan<byte> bytes)
    {
        try
        {
            using var file = File.OpenHandle(path, FileMode.CreateNew, FileAccess.Write);
            MakePrivate(file);
            RandomAccess.Write(file, bytes, 0);
        }
        catch (IOException) when (File.Exists(path))
        {
            // Somebody else was quicker.
        }
    }

    /// <summary>Removes a file that is only in the way; the sweep gets it later if it stays.</summary>
    public static void TryDelete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception failure) when (DiskProblem.Is(failure))
        {
            // A draft left behind is swept after 36 hours.
        }
    }
}
