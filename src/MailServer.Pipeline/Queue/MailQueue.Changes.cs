namespace MailServer.Pipeline;

/// <summary>What an administrator does to queued messages.</summary>
public enum QueueChange
{
    /// <summary>Try it now.</summary>
    Retry,
    /// <summary>Do not try it until it is released.</summary>
    Hold,
    /// <summary>Try it again.</summary>
    Release,
    /// <summary>Remove it; nobody is told.</summary>
    Delete,
}

public sealed partial class MailQueue
{
    /// <summary>Changes one message or all.</summary>
    /// <param name="change">What to do.</param>
    /// <param name="id">The message, or null for all.</param>
    /// <returns>How many messages were changed.</returns>
    /// <exception cref="IOException">A file could not be changed.</exception>
    public int Change(QueueChange change, string? id)
    {
        QueueEntry[] entries;
        lock (_lock)
        {
            entries = id is null ? [.. _entries.Values] : _entries.TryGetValue(id, out var one) ? [one] : [];
            if (change is QueueChange.Retry or QueueChange.Release)
                foreach (var destination in _destinations.Values)
                    destination.Forgive();
        }

        var count = entries.Count(entry => Change(change, entry));
        Pump();
        return count;
    }

    private bool Change(QueueChange change, QueueEntry entry)
    {
        lock (_lock)
        {
            if (!_entries.ContainsKey(entry.Id) || change == QueueChange.Retry && entry.IsHeld || change == QueueChange.Release && !entry.IsHeld)
                return false;
            entry.IsGone |= change == QueueChange.Delete;
            entry.IsHeld = change == QueueChange.Hold || entry.IsHeld && change != QueueChange.Release;
            // While it is tried: the end of the round writes it down, or removes it.
            if (entry.Pending > 0)
                return true;
            if (change == QueueChange.Retry)
            {
                Schedule(entry, _time.GetUtcNow());
                return true;
            }

            entry.Pending = 1;
        }

        try
        {
            if (change == QueueChange.Delete)
                Remove(entry.Id);
            else if (Folder.Read(entry.Id) is { } mail)
                Folder.Write(mail with { IsHeld = change == QueueChange.Hold });
        }
        finally
        {
            lock (_lock)
            {
                entry.Pending = 0;
                if (entry.IsGone)
                    _entries.Remove(entry.Id);
                else
                    Schedule(entry, change == QueueChange.Release ? _time.GetUtcNow() : entry.Next);
            }
        }

        return true;
    }

    /// <summary>Changes messages of a server that does not run.</summary>
    /// <param name="folder">Its queue.</param>
    /// <param name="change">What to do.</param>
    /// <param name="id">The message, or null for all.</param>
    /// <param name="now">The time.</param>
    /// <returns>How many messages were changed.</returns>
    /// <exception cref="IOException">A file could not be changed.</exception>
    public static int Change(QueueFolder folder, QueueChange change, string? id, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(folder);
        var count = 0;
        foreach (var name in id is null ? folder.List() : [id])
        {
            if (folder.Read(name) is not { } mail || change == QueueChange.Retry && mail.IsHeld || change == QueueChange.Release && !mail.IsHeld)
                continue;
            if (change == QueueChange.Delete)
                folder.Remove(name);
            else
                folder.Write(mail with { IsHeld = change == QueueChange.Hold || change == QueueChange.Retry && mail.IsHeld, Next = change == QueueChange.Hold ? mail.Next : now });
            count++;
        }

        folder.SyncRemoved();
        return count;
    }
}
