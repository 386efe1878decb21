namespace MailServer.Pipeline;

/// <summary>What is tried when, and how much at once.</summary>
public sealed partial class MailQueue
{
    // Timers count in milliseconds up to 49 days.
    private static readonly TimeSpan LongestWait = TimeSpan.FromDays(1);

    private void Schedule(QueueEntry entry, DateTimeOffset at)
    {
        (entry.Next, entry.Scheduled) = (at, at);
        if (!entry.IsHeld)
            _schedule.Enqueue((entry, at), at);
    }

    /// <summary>Begins all that is due and for which there is room, and sets the clock for what comes next.</summary>
    private void Pump()
    {
        using var transports = _roles.Lease<IOutgoingTransport>();
        var ways = WaysBy(transports);
        lock (_lock)
        {
            if (!_isStarted)
                return;
            var now = _time.GetUtcNow();
            while (_schedule.TryPeek(out var due, out var at) && at <= now)
            {
                _schedule.Dequeue();
                if (due.Entry is { IsHeld: false, IsGone: false, Pending: 0 } entry && entry.Scheduled == due.At)
                    BeginRound(entry, ways, now);
            }

            Dispatch(ways, now);
            SetTimer(now);
        }
    }

    private void SetTimer(DateTimeOffset now)
    {
        if (!_schedule.TryPeek(out _, out var next))
            return;
        var wait = next - now;
        _timer.Change(wait < TimeSpan.FromMilliseconds(1) ? TimeSpan.FromMilliseconds(1) : wait > LongestWait ? LongestWait : wait, Timeout.InfiniteTimeSpan);
    }

    private void BeginRound(QueueEntry entry, Ways ways, DateTimeOffset now)
    {
        entry.IsTried = false;
        var hasNews = now >= entry.Expires || now >= entry.TellDelay || entry.Domains.Length == 0;
        if (now < entry.Expires)
            foreach (var name in entry.Domains.Where(domain => ways.For(domain) is not null).Select(domain => DestinationOf(ways, entry.Sender, domain)).Distinct(StringComparer.Ordinal))
            {
                if (DownUntil(name) > now)
                    continue;
                entry.Pending++;
                Enqueue(_destinations.TryGetValue(name, out var known) ? known : _destinations[name] = new(name), entry);
            }

        if (entry.Pending > 0)
            return;
        if (hasNews)
        {
            // Nobody is asked; the round has only its end.
            entry.Pending = 1;
            Run(null, entry);
            return;
        }

        Schedule(entry, WhenUp(entry, ways, now));
    }

    /// <summary>Nothing was tried because nobody could be reached lately: no file is written, the next time is known by the destination.</summary>
    private DateTimeOffset WhenUp(QueueEntry entry, Ways ways, DateTimeOffset now)
    {
        var up = entry.Domains.Select(domain => DownUntil(DestinationOf(ways, entry.Sender, domain))).Where(until => until > now).DefaultIfEmpty(now + _options.FirstRetry).Min();
        up += TimeSpan.FromMilliseconds(Random.Shared.Next(1000));
        up = entry.TellDelay > now && entry.TellDelay < up ? entry.TellDelay : up;
        return entry.Expires < up ? entry.Expires : up;
    }

    private void Enqueue(Destination destination, QueueEntry entry)
    {
        if (destination.Ready == 0)
            _turns.Enqueue(destination);
        destination.Add(entry);
    }

    /// <summary>One destination after the other gets a turn, so that a thousand messages for one do not keep the others waiting.</summary>
    private void Dispatch(Ways ways, DateTimeOffset now)
    {
        for (var idle = 0; idle < _turns.Count && _tries.Count < _options.Connections;)
        {
            var destination = _turns.Dequeue();
            if (destination.DownUntil > now)
            {
                while (destination.Take() is { } waiting)
                    PassOver(waiting, ways, now);
                continue;
            }

            if (destination.Running < _options.ConnectionsPerDestination && destination.Take() is { } entry)
            {
                destination.Running++;
                Run(destination, entry);
                idle = 0;
            }
            else
            {
                idle++;
            }

            if (destination.Ready > 0)
                _turns.Enqueue(destination);
        }
    }

    private void PassOver(QueueEntry entry, Ways ways, DateTimeOffset now)
    {
        if (entry.Pending == 1 && (entry.IsTried || entry.IsGone))
            Run(null, entry);
        else if (--entry.Pending == 0)
            Schedule(entry, WhenUp(entry, ways, now));
    }

    private void Run(Destination? destination, QueueEntry entry)
    {
        Task task;
        using (ExecutionContext.SuppressFlow())
            task = Task.Run(() => TryAsync(destination, entry), CancellationToken.None);
        _tries.Add(task);
        _ = task.ContinueWith(
            static (done, queue) => ((MailQueue?)queue)?.Ended(done), this, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
    }

    private void Ended(Task task)
    {
        lock (_lock)
            _tries.Remove(task);
        if (task.Exception is { } bug)
            Log.QueueBug(_logger, bug);
        Pump();
    }

    private DateTimeOffset DownUntil(string name) => _destinations.TryGetValue(name, out var destination) ? destination.DownUntil : default;

    private string DestinationOf(Ways ways, EmailAddress? sender, string domain)
    {
        try
        {
            return ways.For(domain)?.DestinationOf(sender, domain) is { Length: > 0 and <= 300 } name ? name : domain;
        }
#pragma warning disable CA1031 // a plugin's exception becomes text at this boundary
        catch (Exception e)
#pragma warning restore CA1031
        {
            Log.TransportThrew(_logger, domain, OneLine.Of(e));
            return domain;
        }
    }
}
