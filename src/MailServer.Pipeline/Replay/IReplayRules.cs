using MailServer.Rules;

namespace MailServer.Pipeline;

/// <summary>Rules that are asked about mail that is there already.</summary>
public interface IReplayRules
{
    /// <summary>Names the version: it changes with any script's text.</summary>
    string Id { get; }

    /// <summary>Asks them about one mail.</summary>
    /// <param name="mail">The mail.</param>
    /// <param name="recipient">For whom.</param>
    /// <param name="sofar">What was decided before.</param>
    /// <param name="cancellationToken">Gives up.</param>
    ValueTask<Delivery> DecideAsync(IMailSource mail, IRecipientSource recipient, Delivery sofar, CancellationToken cancellationToken);
}

/// <summary>Administrators' scripts: they run here.</summary>
public sealed class TrustedRules(RuleSet rules, string id) : IReplayRules
{
    /// <inheritdoc/>
    public string Id => id;

    /// <inheritdoc/>
    public ValueTask<Delivery> DecideAsync(IMailSource mail, IRecipientSource recipient, Delivery sofar, CancellationToken cancellationToken) =>
        new(rules.Decide(new(mail), recipient, sofar));
}

/// <summary>A user's own scripts: they run in a locked-down process, as at a delivery.</summary>
public sealed class UntrustedRules(UserRuleSet rules, string id) : IReplayRules
{
    /// <inheritdoc/>
    public string Id => id;

    /// <inheritdoc/>
    public ValueTask<Delivery> DecideAsync(IMailSource mail, IRecipientSource recipient, Delivery sofar, CancellationToken cancellationToken) =>
        rules.DecideAsync(mail, recipient, sofar, cancellationToken);
}

/// <summary>Several one after the other, as at a delivery: the administrators' scripts, then the account's own, which add to what those decided.</summary>
/// <param name="links">First to last.</param>
public sealed class ChainedRules(IReadOnlyList<IReplayRules> links) : IReplayRules
{
    /// <inheritdoc/>
    public string Id { get; } = string.Join('+', links.Select(link => link.Id));

    /// <inheritdoc/>
    public async ValueTask<Delivery> DecideAsync(IMailSource mail, IRecipientSource recipient, Delivery sofar, CancellationToken cancellationToken)
    {
        foreach (var link in links)
            if (!sofar.IsFinal)
                sofar = await link.DecideAsync(mail, recipient, sofar, cancellationToken).ConfigureAwait(false);
        return sofar;
    }
}
