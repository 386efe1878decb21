namespace MailServer.Rules;

/// <summary>
/// The worker processes. Each serves one account: two users' scripts never meet in one. They are started when mail comes, stay for some seconds, and are never more
/// than a few; who must wait is served in the order of coming, and since nobody keeps a worker longer than one mail's limit, an endless loop costs the others no more than that.
/// </summary>
internal sealed class WorkerPool(WorkerOptions options, TimeProvider time) : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Idle> _idle = [];
    private readonly LinkedList<TaskCompletionSource<bool>> _waiting = [];
    private ITimer? _sweep;
    private int _count;
    private bool _isClosed;

    /// <summary>Processes there are now.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
                return _count;
        }
    }

    /// <summary>Asks an account's scripts where a mail goes. For one account, one at a time.</summary>
    /// <exception cref="WorkerException">There is no decision.</exception>
    public async Task<RuleOutcome> DecideAsync(string account, WorkerScripts scripts, IMailSource mail, IRecipientSource recipient, Delivery sofar, CancellationToken cancellationToken)
    {
        var worker = await TakeAsync(account, cancellationToken).ConfigureAwait(false);
        try
        {
            return await worker.DecideAsync(scripts, mail, recipient, sofar).ConfigureAwait(false);
        }
        finally
        {
            Return(account, worker);
        }
    }

    public ValueTask DisposeAsync()
    {
        List<RuleWorker> last;
        lock (_gate)
        {
            _isClosed = true;
            last = [.. _idle.Values.Select(idle => idle.Worker)];
            _idle.Clear();
            _sweep?.Dispose();
            foreach (var waiter in _waiting)
                waiter.TrySetResult(false);
            _waiting.Clear();
        }

        foreach (var worker in last)
            worker.Dispose();
        return ValueTask.CompletedTask;
    }

    private async ValueTask<RuleWorker> TakeAsync(string account, CancellationToken cancellationToken)
    {
        TaskCompletionSource<bool> turn;
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isClosed, this);
            if (_idle.Remove(account, out var own))
                return own.Worker;
            // Those who wait came first.
            if (_waiting.Count == 0 && MakeRoom())
                return Start();
            turn = new(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiting.AddLast(turn);
        }

        using var limit = new CancellationTokenSource(options.WaitLimit, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        var given = both.Token.Register(static turn => ((TaskCompletionSource<bool>)turn!).TrySetResult(false), turn);
        await using (given.ConfigureAwait(false))
            if (await turn.Task.ConfigureAwait(false))
                return Start();

        lock (_gate)
            _waiting.Remove(turn);
        cancellationToken.ThrowIfCancellationRequested();
        throw new WorkerException(WorkerEnd.Start, $"no worker was free for {options.WaitLimit.TotalSeconds:0} s");
    }

    // A place for a new one; the process whose account has been quiet for longest gives way.
    private bool MakeRoom()
    {
        if (_count >= options.MaxWorkers)
        {
            if (_idle.Count == 0)
                return false;
            var (account, oldest) = _idle.MinBy(idle => idle.Value.Since);
            _idle.Remove(account);
            _count--;
            oldest.Worker.Dispose();
        }

        _count++;
        return true;
    }

    private RuleWorker Start() => new(options, time);

    private void Return(string account, RuleWorker worker)
    {
        lock (_gate)
        {
            if (worker.IsUsable && worker.Runs < options.MaxRuns && _waiting.Count == 0 && !_isClosed)
            {
                _idle[account] = new(worker, time.GetTimestamp());
                _sweep ??= time.CreateTimer(_ => Sweep(), null, options.Stay, options.Stay);
                return;
            }

            // The place goes on to the next who waits; one that has given up meanwhile is passed over.
            var isGiven = false;
            while (!isGiven && _waiting.First is { } next)
            {
                _waiting.RemoveFirst();
                isGiven = next.Value.TrySetResult(true);
            }

            if (!isGiven)
                _count--;
        }

        worker.Dispose();
    }

    private void Sweep()
    {
        List<RuleWorker> tired = [];
        lock (_gate)
        {
            foreach (var (account, idle) in _idle.ToArray())
                if (time.GetElapsedTime(idle.Since) >= options.Stay)
                {
                    _idle.Remove(account);
                    _count--;
                    tired.Add(idle.Worker);
                }

            // Without workers there is nothing to look at: an idle server has no timer.
            if (_idle.Count == 0)
            {
                _sweep?.Dispose();
                _sweep = null;
            }
        }

        foreach (var worker in tired)
            worker.Dispose();
    }

    private readonly record struct Idle(RuleWorker Worker, long Since);
}
