namespace MailServer.Storage;

/// <summary>
/// Runs calls that wait for the disk (fsync) on a few threads of their own: the pool's threads stay free, and many calls can wait at
/// once, which the file system then answers with one commit.
/// </summary>
internal sealed class DiskThreads(int most = DiskThreads.MaxThreads, int stack = 256 * 1024, string name = "disk")
{
    /// <summary>Calls under way at once: each waits in the kernel, and all that wait share a commit of ext4. With 16, fifty writers took 1.7 times as many commits.</summary>
    private const int MaxThreads = 64;

    /// <summary>A thread without work ends after this long.</summary>
    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(10);

    // A monitor and not a Lock: the threads wait on it.
    private readonly object _gate = new();
    private readonly Queue<Job> _jobs = new();
    private int _threads;
    private int _waiting;

    public Task RunAsync(Action call)
    {
        var job = new Job(call);
        lock (_gate)
        {
            _jobs.Enqueue(job);
            if (_jobs.Count <= _waiting || _threads == most)
            {
                Monitor.Pulse(_gate);
                return job.Task;
            }

            _threads++;
        }

        // Unsafe: the caller's context, a plugin's perhaps, must not live on in the thread.
        new Thread(Work, stack) { IsBackground = true, Name = name }.UnsafeStart();
        return job.Task;
    }

    public async Task<T> RunAsync<T>(Func<T> call)
    {
        var result = default(T);
        await RunAsync(() => { result = call(); }).ConfigureAwait(false);
        return result!;
    }

    private void Work()
    {
        while (Take() is { } job)
            job.Run();
    }

    private Job? Take()
    {
        lock (_gate)
        {
            while (_jobs.Count == 0)
            {
                _waiting++;
                var isPulsed = Monitor.Wait(_gate, Idle);
                _waiting--;
                if (isPulsed || _jobs.Count > 0)
                    continue;
                _threads--;
                return null;
            }

            return _jobs.Dequeue();
        }
    }

    private sealed class Job(Action call) : TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)
    {
#pragma warning disable CA1031 // handed to whoever awaits
        public void Run()
        {
            try
            {
                call();
                SetResult();
            }
            catch (Exception failure)
            {
                SetException(failure);
            }
        }
#pragma warning restore CA1031
    }
}
