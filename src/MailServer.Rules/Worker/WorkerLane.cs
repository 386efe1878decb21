namespace MailServer.Rules;

/// <summary>
/// Those who are served alike: the quick, or the slow. The slow never hold all workers, so that accounts whose scripts take what they can get do not make others wait.
/// Guarded by the pool's lock.
/// </summary>
internal sealed class WorkerLane(int places)
{
    private readonly LinkedList<TaskCompletionSource<bool>> _waiting = [];
    private int _busy;

    /// <summary>Whether one more may have a worker.</summary>
    public bool HasRoom => _busy < places;

    public bool IsAnybodyWaiting => _waiting.Count > 0;

    public void Enter() => _busy++;

    public void Leave() => _busy--;

    public TaskCompletionSource<bool> Wait()
    {
        var turn = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        _waiting.AddLast(turn);
        return turn;
    }

    public void GiveUp(TaskCompletionSource<bool> turn) => _waiting.Remove(turn);

    /// <summary>Gives a place to the first who waits; one that has given up meanwhile is passed over.</summary>
    public bool TryGive()
    {
        while (HasRoom && _waiting.First is { } next)
        {
            _waiting.RemoveFirst();
            if (!next.Value.TrySetResult(true))
                continue;
            Enter();
            return true;
        }

        return false;
    }

    /// <summary>Sends all away.</summary>
    public void Close()
    {
        foreach (var turn in _waiting)
            turn.TrySetResult(false);
        _waiting.Clear();
    }
}
