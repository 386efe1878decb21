namespace MailServer.Pipeline;

/// <summary>What the filters thought of connections that were let in, for the messages that come over them.</summary>
internal sealed class ConnectVerdicts
{
    /// <summary>Nobody says when a connection ends, so the oldest go: more than a server has open at once.</summary>
    private const int MaxConnections = 10_000;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, Verdict> _verdicts = [];
    private readonly Queue<string> _order = [];

    public void Add(string connectionId, Verdict verdict)
    {
        if (verdict == Verdict.Continue)
            return;
        lock (_lock)
        {
            if (_verdicts.TryAdd(connectionId, verdict))
                _order.Enqueue(connectionId);
            while (_order.Count > MaxConnections)
                _verdicts.Remove(_order.Dequeue());
        }
    }

    public Verdict Of(string connectionId)
    {
        lock (_lock)
            return _verdicts.GetValueOrDefault(connectionId);
    }
}
