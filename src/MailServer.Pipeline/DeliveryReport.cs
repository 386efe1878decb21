namespace MailServer.Pipeline;

/// <summary>What became of one recipient's copy.</summary>
public sealed record DeliveryReport
{
    /// <summary>Our name for the message.</summary>
    public required string MessageId { get; init; }

    /// <summary>How it came.</summary>
    public required Envelope Envelope { get; init; }

    /// <summary>For whom.</summary>
    public required Recipient Recipient { get; init; }

    /// <summary>What the rules decided, with the steps that led there. When a folder could not be used this says what was done instead.</summary>
    public required Delivery Delivery { get; init; }

    /// <summary>The step that says where it goes, flags and Stop aside; null when no rule spoke.</summary>
    public DeliveryStep? Deciding => DecidingOf(Delivery);

    /// <summary>The files written, in the order of the delivery's folders; empty when it was discarded or failed.</summary>
    public IReadOnlyList<string> Paths { get; init; } = [];

    /// <summary>The same files with the folders they are in. A copy that an earlier try wrote is not among them.</summary>
    public IReadOnlyList<(FolderName Folder, string Path)> Written { get; init; } = [];

    /// <summary>The message's own name for itself, the Message-ID field; null without one.</summary>
    public string? MessageIdField { get; init; }

    /// <summary>The fields that filters wrote.</summary>
    public IReadOnlyList<(string Name, string Value)> Findings { get; init; } = [];

    /// <summary>Why it is not delivered, or null. Then the peer was told to try again, and nothing was acknowledged.</summary>
    public Problem? Problem { get; init; }

    /// <summary>Octets with CRLF line ends, without our trace fields.</summary>
    public long Size { get; init; }

    /// <summary>Whether it is for somebody at another server, and queued: <see cref="Recipient"/> is then its sender's account with the first address it goes to.</summary>
    public bool IsQueued { get; init; }

    /// <summary>Sum of the filters' scores.</summary>
    public double JunkScore { get; init; }

    /// <summary>From the message's end to the copy's safe place on disk.</summary>
    public required TimeSpan Elapsed { get; init; }

    // Verbs that do not say where a mail goes.
    private static readonly string[] Asides = ["Stop(", "AddFlag(", "RemoveFlag(", "SetFlags(", "Remember(", "Forget(", "Vacation(", "Notify("];

    internal static DeliveryStep? DecidingOf(Delivery delivery)
    {
        for (var i = delivery.Steps.Count - 1; i >= 0; i--)
            if (delivery.Steps[i] is var step && !Array.Exists(Asides, verb => step.Action.StartsWith(verb, StringComparison.Ordinal)))
                return step;
        return delivery.Steps is [.., var last] ? last : null;
    }
}

/// <summary>Is told of deliveries, for the journal and the demo. Called once a recipient before the peer gets its answer: be quick; must not throw.</summary>
public interface IDeliveryObserver
{
    /// <summary>A copy is on disk, discarded, or failed.</summary>
    void Delivered(DeliveryReport report);
}
