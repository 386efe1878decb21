namespace MailServer.Pipeline;

/// <summary>What is held in memory of a queued message: some hundred octets, so that a hundred thousand of them cost little. Guarded by the queue's lock.</summary>
internal sealed class QueueEntry(string id)
{
    public string Id => id;

    public int Priority { get; init; }

    public EmailAddress? Sender { get; init; }

    public required DateTimeOffset Expires { get; init; }

    /// <summary>When its sender is told that it is late; the end of time when that is done or not wanted.</summary>
    public DateTimeOffset TellDelay { get; set; } = DateTimeOffset.MaxValue;

    /// <summary>Domains of those it is still to be sent to.</summary>
    public string[] Domains { get; set; } = [];

    public DateTimeOffset Next { get; set; }

    public bool IsHeld { get; set; }

    /// <summary>Whether somebody removed it while it was being tried.</summary>
    public bool IsGone { get; set; }

    /// <summary>Destinations of this round that have not ended; 0 between rounds.</summary>
    public int Pending { get; set; }

    /// <summary>Whether anything was tried in this round.</summary>
    public bool IsTried { get; set; }

    /// <summary>The envelope of this round, shared by its destinations.</summary>
    public QueuedMail? Mail { get; set; }

    /// <summary>The time it stands in the schedule for; an older line of the schedule is void.</summary>
    public DateTimeOffset Scheduled { get; set; }
}
