using MailServer.Rules;
using MailServer.Storage;

namespace MailServer.Pipeline;

/// <summary>What rules, as they are now, ask of a message and make of it.</summary>
public sealed record RuleTrace
{
    /// <summary>What each script asked, in order; those after the one that stopped are not asked.</summary>
    public required IReadOnlyList<RuleTraceScript> Scripts { get; init; }

    /// <summary>Where the message would go today.</summary>
    public required Delivery Delivery { get; init; }

    /// <summary>Asks them, as a delivery does: the administrators' first, then the account's own in their locked-down process.</summary>
    /// <param name="rules">The administrators' scripts; null when there are none.</param>
    /// <param name="own">The account's own scripts; null when there are none.</param>
    /// <param name="replay">The account's mail.</param>
    /// <param name="file">The message.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static async ValueTask<RuleTrace> OfAsync(RuleSet? rules, UserRuleSet? own, MailReplay replay, MessageFile file, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(replay);
        var (source, recipient) = (replay.OpenMail(file), replay.RecipientOf(file, new ScratchNotes()));
        var delivery = rules?.Decide(new(source), recipient, Delivery.Keep) ?? Delivery.Keep;
        var isOwnAsked = own is not null && !delivery.IsFinal;
        if (isOwnAsked)
            delivery = await own!.DecideAsync(source, recipient, delivery, cancellationToken).ConfigureAwait(false);

        // Each alone and with a mail of its own, which answers nothing from what others have asked. A worker asks here, over its pipe.
        var last = delivery.IsFinal && delivery.Steps is [.., var stop] ? (stop.Rule, stop.IsOwn) : default;
        List<RuleTraceScript> scripts = [];
        foreach (var (name, script) in rules is null ? [] : rules.Files.Zip(rules.Each()))
        {
            var traced = new TracedSource(source, recipient);
            script.Decide(new(traced), traced, Delivery.Keep);
            scripts.Add(new(name, traced.Questions));
            if (last == (name, false))
                break;
        }

        foreach (var (name, script) in isOwnAsked ? own!.Files.Zip(own.Each()) : [])
        {
            var traced = new TracedSource(source, recipient);
            await script.DecideAsync(traced, traced, Delivery.Keep, cancellationToken).ConfigureAwait(false);
            scripts.Add(new(name, traced.Questions) { IsOwn = true });
            if (last == (name, true))
                break;
        }

        return new() { Scripts = scripts, Delivery = delivery };
    }

    /// <summary>The step that says where it would go; null when no rule speaks.</summary>
    public DeliveryStep? Deciding => DeliveryReport.DecidingOf(Delivery);
}

/// <summary>What one script asked.</summary>
/// <param name="File">The script.</param>
/// <param name="Questions">Its questions, and what it was told.</param>
public sealed record RuleTraceScript(string File, IReadOnlyList<RuleQuestion> Questions)
{
    /// <summary>Whether it is one of the account's own.</summary>
    public bool IsOwn { get; init; }
}
