using MailServer.Posix;
using Microsoft.Extensions.Logging;

namespace MailServer.Storage;

/// <summary>What all parts of the store share.</summary>
internal sealed class StoreContext(StoreOptions options, TimeProvider time, ILogger logger)
{
    /// <summary>Directories that the log names; more are no news.</summary>
    private const int MaxLeftOut = 1000;

    private readonly System.Collections.Concurrent.ConcurrentDictionary<string, bool> _leftOut = new(StringComparer.Ordinal);
    private long _failures;

    public StoreOptions Options { get; } = options;

    public TimeProvider Time { get; } = time;

    public ILogger Logger { get; } = logger;

    public UniqueNames Names { get; } = new(options.Hostname, time);

    public DiskThreads Disk { get; } = new();

    /// <summary>Reads messages for searches: it is the processor that limits them. The parser recurses, so the stack is larger.</summary>
    public DiskThreads Readers { get; } = new(Environment.ProcessorCount, 1024 * 1024, "search");

    public SearchIndexes Search => LazyInitializer.EnsureInitialized(ref field, () => new(this));

    public DirectorySync Sync => field ??= new(Disk);

    public long Failures => Volatile.Read(ref _failures);

    public MaildirMaker Maker => field ??= new(this);

    public Quotas Quotas => field ??= new(this);

    public Journals Journals => field ??= new(this);

    public UidMemory UidMemory { get; } = new();

    /// <summary>Tests look in, or fail, between any two steps.</summary>
    public Action<string>? Steps { get; set; }

    /// <summary>Says once in the log that a directory is shown to nobody.</summary>
    public void LeaveOut(string path, string reason)
    {
        if (_leftOut.Count < MaxLeftOut && _leftOut.TryAdd(path, true))
            Log.FolderLeftOut(Logger, path, reason);
    }

    public void Reached(string step) => Steps?.Invoke(step);

    public Problem Failed(string operation, Exception failure)
    {
        Interlocked.Increment(ref _failures);
        if (failure is DirectoryNotFoundException)
            Maker.ForgetAll(); // somebody has removed a folder, or a part of one
        Log.DiskFailed(Logger, operation, failure.InnerException is { } inner ? $"{failure.Message}: {inner.Message}" : failure.Message);
        return DiskProblem.From(failure);
    }

    /// <summary>Makes a private file; one that is there already is left alone.</summary>
    public static void WriteNew(string path, ReadOnlySpan<byte> bytes)
    {
        try
        {
            using var file = DiskFile.Create(path);
            DiskFile.Write(file, bytes, 0);
        }
        catch (IOException) when (File.Exists(path))
        {
            // Somebody else was quicker.
        }
    }
}
