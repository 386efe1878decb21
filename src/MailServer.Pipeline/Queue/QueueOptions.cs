namespace MailServer.Pipeline;

/// <summary>How long mail for other servers waits and how often it is tried: the table <c>[queue]</c>.</summary>
public sealed record QueueOptions
{
    /// <summary>Where the queue's files are.</summary>
    public required string Directory { get; init; }

    /// <summary>Our name, for notices.</summary>
    public required string Hostname { get; init; }

    /// <summary>The wait after the first try. Greylisting servers want five minutes; from then on it doubles.</summary>
    public TimeSpan FirstRetry { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>The longest wait between two tries (RFC 5321 §4.5.4.1 asks for some tries in the first hour, then one every two or three hours).</summary>
    public TimeSpan LongestRetry { get; init; } = TimeSpan.FromHours(3);

    /// <summary>How long it is tried: RFC 5321 §4.5.4.1 asks for four or five days.</summary>
    public TimeSpan GiveUp { get; init; } = TimeSpan.FromDays(5);

    /// <summary>When a sender is told that mail still waits; zero for never.</summary>
    public TimeSpan DelayNotice { get; init; } = TimeSpan.FromHours(4);

    /// <summary>Tries at once, to all destinations together.</summary>
    public int Connections { get; init; } = 20;

    /// <summary>Tries at once to one destination: big receivers refuse more from a small sender.</summary>
    public int ConnectionsPerDestination { get; init; } = 4;

    /// <summary>Whether the sender of mail that rules send on becomes an address of ours, so that SPF allows us to send it.</summary>
    public bool RewritesSenders { get; init; } = true;

    /// <summary>How long one try may take: a slow peer may use all the time that RFC 5321 §4.5.3.2 gives it for each command.</summary>
    public TimeSpan TryLimit { get; init; } = TimeSpan.FromHours(1);
}
