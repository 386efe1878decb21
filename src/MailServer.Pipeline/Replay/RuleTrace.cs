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

    /// <summary>Asks them.</summary>
    /// <param name="rules">The scripts.</param>
    /// <param name="replay">The account's mail.</param>
    /// <param name="file">The message.</param>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static RuleTrace Of(RuleSet rules, MailReplay replay, MessageFile file)
    {
        ArgumentNullException.ThrowIfNull(rules);
        ArgumentNullException.ThrowIfNull(replay);
        var (source, recipient) = (replay.OpenMail(file), replay.RecipientOf(file, new ScratchNotes()));
        var delivery = rules.Decide(new(source), recipient, Delivery.Keep);

        // Each alone and with a mail of its own, which answers nothing from what others have asked.
        var last = delivery.IsFinal && delivery.Steps is [.., var stop] ? stop.Rule : null;
        List<RuleTraceScript> scripts = [];
        foreach (var (name, script) in rules.Files.Zip(rules.Each()))
        {
            var traced = new TracedSource(source, recipient);
            script.Decide(new(traced), traced, Delivery.Keep);
            scripts.Add(new(name, traced.Questions));
            if (name == last)
                break;
        }

        return new() { Scripts = scripts, Delivery = delivery };
    }
}

/// <summary>What one script asked.</summary>
/// <param name="File">The script.</param>
/// <param name="Questions">Its questions, and what it was told.</param>
public sealed record RuleTraceScript(string File, IReadOnlyList<RuleQuestion> Questions);
