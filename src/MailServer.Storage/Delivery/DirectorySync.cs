using MailServer.Posix;

namespace MailServer.Storage;

/// <summary>Makes names in a directory durable. Those who ask while enough syncs run share the next one.</summary>
internal sealed class DirectorySync(DiskThreads disk)
{
    /// <summary>
    /// With one at a time, who comes while it runs waits for one and a half; with as many as there are writers each waits for its own and
    /// none is shared. Two and four were the quickest with ten and fifty writers.
    /// </summary>
    private const int MostAtOnce = 2;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, Turn> _turns = new(StringComparer.Ordinal);
    private long _syncs;

    /// <summary>How often a directory was synced.</summary>
    public long Syncs => Volatile.Read(ref _syncs);

    /// <summary>Returns when every name that was there at the call is durable.</summary>
    public Task SyncAsync(string directory)
    {
        lock (_gate)
        {
            if (!_turns.TryGetValue(directory, out var turn))
                _turns[directory] = turn = new();
            if (turn.Running >= MostAtOnce)
                return (turn.Next ??= NewCompletion()).Task;
            turn.Running++;
            var now = NewCompletion();
            Start(directory, now);
            return now.Task;
        }
    }

    private static TaskCompletionSource NewCompletion() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private void Start(string directory, TaskCompletionSource askers)
    {
        _ = disk.RunAsync(() => Sync(directory, askers));
    }

#pragma warning disable CA1031 // handed to those who wait: none may wait for ever
    private void Sync(string directory, TaskCompletionSource askers)
    {
        try
        {
            Interlocked.Increment(ref _syncs);
            DurableFile.SyncDirectory(directory);
            askers.SetResult();
        }
        catch (Exception failure)
        {
            askers.SetException(failure);
        }
#pragma warning restore CA1031

        TaskCompletionSource? next;
        lock (_gate)
        {
            var turn = _turns[directory];
            next = turn.Next;
            turn.Next = null;
            if (next is null && --turn.Running == 0)
                _turns.Remove(directory);
        }

        if (next is not null)
            Start(directory, next);
    }

    private sealed class Turn
    {
        public int Running { get; set; }

        public TaskCompletionSource? Next { get; set; }
    }
}
