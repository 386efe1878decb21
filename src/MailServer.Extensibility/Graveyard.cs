using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;

namespace MailServer.Extensibility;

/// <summary>Where generations go after their last lease: disposed, unloaded, and then looked after until they are really gone.</summary>
/// <remarks>
/// Without a forced collection nothing reaches generation 2 in an idle server and no old context ever dies; so it collects, off the threads of the sessions.
/// </remarks>
internal sealed class Graveyard(TimeProvider time, PluginTimings timings, ILogger logger)
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(20);
    // A collection of the whole heap takes some ten milliseconds; more of them than this would be felt.
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private readonly List<Generation> _retired = [];
    private readonly List<(Generation Generation, long Since)> _watched = [];
    private bool _isAuditing;
    private int _open;

    /// <summary>The generations that are replaced and still in memory.</summary>
    public IReadOnlyList<Generation> Retired
    {
        get
        {
            lock (_lock)
            {
                _retired.RemoveAll(IsGone);
                return [.. _retired];
            }
        }
    }

    /// <summary>A generation has been replaced; it comes when its last lease ends.</summary>
    public void Expect(Generation generation)
    {
        lock (_lock)
            _retired.Add(generation);
    }

    /// <summary>Disposes and unloads a generation. Called by whoever gives back the last lease, even a session: returns at once.</summary>
    public void Bury(Generation generation)
    {
        Interlocked.Increment(ref _open);
        // Unsafe: an execution context of a plugin's must not flow into what outlives it.
        ThreadPool.UnsafeQueueUserWorkItem(static item => _ = item.Self.BuryAsync(item.Generation), (Self: this, Generation: generation), preferLocal: false);
    }

    /// <summary>Waits until all that came so far are disposed and unloaded, which does not mean collected.</summary>
    public async ValueTask FlushAsync(TimeSpan limit)
    {
        var start = time.GetTimestamp();
        while (Volatile.Read(ref _open) > 0 && time.GetElapsedTime(start) < limit)
            await Task.Delay(FirstPause, time).ConfigureAwait(false);
    }

    private async Task BuryAsync(Generation generation)
    {
        if (await DisposeAsync(generation).ConfigureAwait(false) is { } problem)
            Log.DisposeFailed(logger, generation.Id, generation.Number, problem);
        if (generation.Shadow is { } shadow)
            PluginFolder.TryDelete(shadow);
        Interlocked.Decrement(ref _open);
        Watch(generation);
    }

    // A method of its own: when it has returned, nothing on this thread holds the plugin.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private ValueTask<string?> DisposeAsync(Generation generation) =>
        generation.Empty() is { } content ? Disposal.DisposeAsync(content, timings.Step, time) : new((string?)null);

    private void Watch(Generation generation)
    {
        // A context that is not collectible lives on with the process.
        if (generation.Shadow is null)
        {
            lock (_lock)
                _retired.Remove(generation);
            return;
        }

        lock (_lock)
        {
            _watched.Add((generation, time.GetTimestamp()));
            if (_isAuditing)
                return;
            _isAuditing = true;
        }

        _ = AuditAsync();
    }

    private async Task AuditAsync()
    {
        while (CollectAndLook() is { } pause)
            await Task.Delay(pause, time).ConfigureAwait(false);
    }

    /// <summary>One round. How long to wait for the next, or null when there is nothing left to look after.</summary>
    private TimeSpan? CollectAndLook()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        lock (_lock)
        {
            _watched.RemoveAll(entry => IsSettled(entry.Generation, time.GetElapsedTime(entry.Since)));
            _isAuditing = _watched.Count > 0;
            if (!_isAuditing)
                return null;
            // What has just come goes soon; what has not gone by now may take as long again.
            var age = _watched.Min(entry => time.GetElapsedTime(entry.Since));
            return age < FirstPause ? FirstPause : age > LongestPause ? LongestPause : age;
        }
    }

    private bool IsSettled(Generation generation, TimeSpan age)
    {
        if (!generation.Context.IsAlive)
        {
            _retired.Remove(generation);
            Log.Unloaded(logger, generation.Id, generation.Number, (long)age.TotalMilliseconds);
            return true;
        }

        if (age < timings.Audit)
            return false;
        generation.IsLeaking = true;
        Log.Leaks(logger, generation.Id, generation.Number, (long)age.TotalSeconds);
        return true;
    }

    private static bool IsGone(Generation generation) => generation.IsLeaking && !generation.Context.IsAlive;
}
