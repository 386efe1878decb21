namespace MailServer.Pipeline;

/// <summary>A place that mail goes to: what waits for it, how much goes there now, and whether it can be reached. Guarded by the queue's lock.</summary>
internal sealed class Destination(string name)
{
    private readonly PriorityQueue<QueueEntry, (int Priority, long Order)> _ready = new();
    private long _order;

    public string Name => name;

    /// <summary>Tries under way.</summary>
    public int Running { get; set; }

    /// <summary>Times in a row that nobody was reached.</summary>
    public int Failures { get; private set; }

    /// <summary>Until when it is left alone.</summary>
    public DateTimeOffset DownUntil { get; private set; }

    /// <summary>Why.</summary>
    public string? Reason { get; private set; }

    public int Ready => _ready.Count;

    /// <summary>Nothing to remember.</summary>
    public bool IsIdle => Running == 0 && _ready.Count == 0 && Failures == 0;

    public void Add(QueueEntry entry) => _ready.Enqueue(entry, (-entry.Priority, _order++));

    public QueueEntry? Take() => _ready.TryDequeue(out var entry, out _) ? entry : null;

    public void Reached() => (Failures, DownUntil, Reason) = (0, default, null);

    /// <summary>Nobody was reached. Of several tries at once that fail together, one counts.</summary>
    public void Failed(DateTimeOffset now, RetryPlan plan, string reason)
    {
        Reason = reason;
        if (now >= DownUntil)
            DownUntil = now + plan.After(++Failures, Random.Shared.NextDouble());
    }

    /// <summary>It is tried at once when somebody asks for it.</summary>
    public void Forgive() => DownUntil = default;
}
