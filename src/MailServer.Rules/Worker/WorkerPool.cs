namespace MailServer.Rules;

/// <summary>
/// The worker processes. Each serves one account: two users' scripts never meet in one. They are started when mail comes, stay for some seconds, and are never more
/// than a few. Who must wait is served in the order of coming, but accounts whose scripts took long for their last mail after all others, and with half of the workers
/// at most: a first endless loop may cost others the time of one mail, and a second one nothing.
/// </summary>
internal sealed class WorkerPool(WorkerOptions options, TimeProvider time, Func<IRuleWorker> start) : IAsyncDisposable
{
    /// <summary>Slow accounts of which is known that they are. Beyond them all are forgiven, and found again.</summary>
    private const int MaxSlow = 10_000;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, Idle> _idle = [];
    private readonly HashSet<string> _slowAccounts = [];
    private readonly WorkerLane _quick = new(options.MaxWorkers);
    private readonly WorkerLane _slow = new(Math.Max(1, options.MaxWorkers / 2));
    private ITimer? _sweep;
    private int _count;
    private bool _isClosed;

    public WorkerPool(WorkerOptions options, TimeProvider time)
        : this(options, time, () => new RuleWorker(options, time))
    {
    }

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
    public async Task<RuleOutcome> DecideAsync(
        string account, WorkerScripts scripts, IMailSource mail, IRecipientSource recipient, Delivery sofar, MailDeadline deadline, bool isTrial = false)
    {
        var (worker, lane) = await TakeAsync(account, deadline, isTrial).ConfigureAwait(false);
        var isSlow = true;
        try
        {
            var outcome = await worker.DecideAsync(scripts, mail, recipient, sofar, deadline.End).ConfigureAwait(false);
            isSlow = worker.Spent >= options.SlowFrom;
            return outcome;
        }
        catch (WorkerException e) when (e.End is WorkerEnd.Start or WorkerEnd.Ours)
        {
            isSlow = false;
            throw;
        }
        finally
        {
            Return(account, worker, lane, isSlow);
        }
    }

    public ValueTask DisposeAsync()
    {
        List<IRuleWorker> last;
        lock (_gate)
        {
            _isClosed = true;
            last = [.. _idle.Values.Select(idle => idle.Worker)];
            _idle.Clear();
            _sweep?.Dispose();
            _quick.Close();
            _slow.Close();
        }

        foreach (var worker in last)
            worker.Dispose();
        return ValueTask.CompletedTask;
    }

    private async ValueTask<(IRuleWorker Worker, WorkerLane Lane)> TakeAsync(string account, MailDeadline deadline, bool isTrial)
    {
        WorkerLane lane;
        TaskCompletionSource<bool> turn;
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isClosed, this);
            // Nobody's mail shall wait for somebody's tests.
            lane = isTrial || _slowAccounts.Contains(account) ? _slow : _quick;
            if (lane.HasRoom && _idle.Remove(account, out var own))
            {
                lane.Enter();
                if (own.Worker.IsUsable)
                    return (own.Worker, lane);
                // It was still starting when it came to wait here, and has failed since: its place is another's.
                own.Worker.Dispose();
                return (start(), lane);
            }

            // Those who wait came first.
            if (lane.HasRoom && !_quick.IsAnybodyWaiting && !lane.IsAnybodyWaiting && MakeRoom())
            {
                lane.Enter();
                return (start(), lane);
            }

            turn = lane.Wait();
        }

        var given = deadline.Begin.Register(static turn => ((TaskCompletionSource<bool>)turn!).TrySetResult(false), turn);
        await using (given.ConfigureAwait(false))
            if (await turn.Task.ConfigureAwait(false))
                return (start(), lane);

        lock (_gate)
            lane.GiveUp(turn);
        if (deadline.IsTooLate)
            throw new WorkerException(WorkerEnd.Start, "no worker was free in time");
        deadline.Begin.ThrowIfCancellationRequested();
        throw new ObjectDisposedException(nameof(WorkerPool));
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

    private void Return(string account, IRuleWorker worker, WorkerLane lane, bool isSlow)
    {
        lock (_gate)
        {
            lane.Leave();
            if (!isSlow)
                _slowAccounts.Remove(account);
            else if (_slowAccounts.Count < MaxSlow)
                _slowAccounts.Add(account);
            else
                _slowAccounts.Clear();

            var isWanted = _quick.IsAnybodyWaiting || (_slow.IsAnybodyWaiting && _slow.HasRoom);
            if (worker.IsUsable && worker.Runs < options.MaxRuns && !isWanted && !_isClosed)
            {
                _idle[account] = new(worker, time.GetTimestamp());
                _sweep ??= time.CreateTimer(_ => Sweep(), null, options.Stay, options.Stay);
                return;
            }

            // The place goes on to the next who waits.
            if (!_quick.TryGive() && !_slow.TryGive())
                _count--;
        }

        worker.Dispose();
    }

    private void Sweep()
    {
        List<IRuleWorker> tired = [];
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

    private readonly record struct Idle(IRuleWorker Worker, long Since);
}
