using MailServer.Rules;

namespace MailServer.Pipeline;

/// <summary>Rules that are asked about mail that is there already.</summary>
public interface IReplayRules
{
    /// <summary>Names the version: it changes with any script's text.</summary>
    string Id { get; }

    /// <summary>Asks them about one mail.</summary>
    ValueTask<Delivery> DecideAsync(IMailSource mail, IRecipientSource recipient, CancellationToken cancellationToken);
}

/// <summary>Administrators' scripts: they run here.</summary>
public sealed class TrustedRules(RuleSet rules, string id) : IReplayRules
{
    /// <inheritdoc/>
    public string Id => id;

    /// <inheritdoc/>
    public ValueTask<Delivery> DecideAsync(IMailSource mail, IRecipientSource recipient, CancellationToken cancellationToken) =>
        new(rules.Decide(new(mail), recipient, Delivery.Keep));
}

/// <summary>A user's own scripts: they run in a locked-down process, as at a delivery.</summary>
public sealed class UntrustedRules(UserRuleSet rules, string id) : IReplayRules
{
    /// <inheritdoc/>
    public string Id => id;

    /// <inheritdoc/>
    public ValueTask<Delivery> DecideAsync(IMailSource mail, IRecipientSource recipient, CancellationToken cancellationToken) =>
        rules.DecideAsync(mail, recipient, Delivery.Keep, cancellationToken);
}
