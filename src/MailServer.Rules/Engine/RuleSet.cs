using Microsoft.Extensions.Logging;

namespace MailServer.Rules;

/// <summary>The scripts in service at one moment, in order of their names. A message keeps the set it began with.</summary>
public sealed class RuleSet
{
    private readonly LoadedRule[] _rules;
    private readonly int _budget;
    private readonly ILogger _logger;

    internal RuleSet(LoadedRule[] rules, int budget, ILogger logger) => (_rules, _budget, _logger) = (rules, budget, logger);

    internal IReadOnlyList<LoadedRule> Rules => _rules;

    /// <summary>The scripts' file names, in order.</summary>
    public IEnumerable<string> Files => _rules.Select(rule => rule.File);

    /// <summary>Each script as a set of its own, in order.</summary>
    public IEnumerable<RuleSet> Each() => _rules.Select(rule => new RuleSet([rule], _budget, _logger));

    /// <summary>Whether a step says that a script failed; the rest of its text says why.</summary>
    public static bool IsFailure(DeliveryStep step)
    {
        ArgumentNullException.ThrowIfNull(step);
        return step.Action.StartsWith(DeliveryPlan.Failed, StringComparison.Ordinal);
    }

    /// <summary>Whether there is nothing to ask.</summary>
    public bool IsEmpty => _rules.Length == 0;

    /// <summary>
    /// Asks the scripts, first to last, where the mail goes. Never throws: a script that fails means that what it did is undone, no later
    /// script runs, and the mail is kept in INBOX beside what earlier scripts decided.
    /// </summary>
    /// <param name="mail">The mail.</param>
    /// <param name="recipient">For whom. Its notes are told what the rules have noted.</param>
    /// <param name="sofar">What was decided before.</param>
    public Delivery Decide(Mail mail, IRecipientSource recipient, Delivery sofar)
    {
        ArgumentNullException.ThrowIfNull(recipient);
        ArgumentNullException.ThrowIfNull(sofar);
        if (_rules.Length == 0 || sofar.IsFinal)
            return sofar;

        var outcome = Run(mail, recipient, sofar);
        if (outcome.Failure is { } failure)
            Log.RuleFailed(_logger, failure.Rule, failure.Line, failure.Action);
        foreach (var step in outcome.Warnings)
            Log.RuleWarned(_logger, step.Rule, step.Line, step.Action);
        if (outcome.Notes.Count > 0)
            recipient.Notes.Write(outcome.Notes);
        return outcome.Delivery;
    }

    /// <summary>The same, and what there is to say about it.</summary>
    internal RuleOutcome Run(Mail mail, IRecipientSource recipient, Delivery sofar)
    {
        var plan = new DeliveryPlan(sofar);
        var globals = new RuleGlobals(mail, recipient, plan);
        DeliveryStep? failed = null;
        foreach (var rule in _rules)
        {
            plan.Begin(rule.File, rule.Version);
            if (rule.Run(globals, _budget) is { } failure)
            {
                plan.Fail(failure.Line, failure.Reason);
                failed = new() { Rule = rule.File, Line = failure.Line, Action = failure.Reason };
                break;
            }

            if (globals.IsStopped)
                break;
        }

        return new(plan.ToDelivery(), plan.Warnings ?? [], failed, plan.Notes);
    }
}
