using MailServer.Accounts;
using Microsoft.Extensions.Logging;

namespace MailServer.Pipeline;

/// <summary>Follows aliases until only accounts here and addresses elsewhere are left.</summary>
/// <param name="aliases">The aliases as they are now; null when they cannot be read.</param>
/// <param name="resolver">Knows the accounts.</param>
/// <param name="logger">For loops and dead ends.</param>
internal sealed class AliasStage(Func<AliasTable?> aliases, RecipientResolver resolver, ILogger logger)
{
    /// <summary>Addresses that one may stand for: RFC 5321 §4.5.3.1.8 has a hundred; what is more is a list and wants a list's programs.</summary>
    public const int MaxTargets = 1000;

    /// <summary>Addresses that are looked at on the way to them.</summary>
    private const int MaxSteps = 10 * MaxTargets;

    /// <summary>Finds whom mail for an address reaches. The problem is that of the address when it reaches nobody, and one to come again for when that cannot be told of all.</summary>
    public async ValueTask<Outcome<Destinations>> FindAsync(EmailAddress address, bool isSubmission, CancellationToken cancellationToken)
    {
        if (aliases() is not { } table)
            return Problem.Unavailable;
        if (table == AliasTable.Empty)
        {
            var found = await resolver.ResolveAsync(address, isSubmission, cancellationToken).ConfigureAwait(false);
            return found.TryGet(out var only, out var problem) ? new Destinations([only], []) : problem;
        }

        var way = new Way(table, address);
        Problem? last = null;
        for (var steps = 0; way.Pending.TryDequeue(out var next); steps++)
        {
            if (steps > MaxSteps || way.Here.Count + way.Elsewhere.Count >= MaxTargets)
            {
                Log.AliasTooLarge(logger, address, MaxTargets);
                break;
            }

            last = await StepAsync(way, next, isSubmission, cancellationToken).ConfigureAwait(false) ?? last;
            if (last is { Status.IsTransient: true })
                return last;
        }

        return way.Here.Count + way.Elsewhere.Count > 0 ? new Destinations(way.Here, way.Elsewhere) : last ?? Problem.NoSuchAccount;
    }

    /// <summary>Looks at one address: another's, an alias, an account, or what a whole domain's alias catches. Says why it is none of them.</summary>
    private async ValueTask<Problem?> StepAsync(Way way, EmailAddress address, bool isSubmission, CancellationToken cancellationToken)
    {
        var isElsewhere = resolver.IsElsewhere(address);
        if (isElsewhere && way.IsAlias)
        {
            if (!way.Elsewhere.Contains(address))
                way.Elsewhere.Add(address);
            return null;
        }

        // Never for another's address, whatever the file says: that would take mail that is not ours.
        var targets = isElsewhere ? null : way.Table.Find(address);
        if (way.Seen.Add(AliasTable.KeyOf(address)) && targets is not null)
            return way.Follow(targets);

        var found = await resolver.ResolveAsync(address, isSubmission, cancellationToken).ConfigureAwait(false);
        if (found.TryGet(out var recipient, out var problem))
        {
            if (!way.Here.Exists(other => other.Account.Address == recipient.Account.Address && other.Detail == recipient.Detail))
                way.Here.Add(recipient with { Address = way.Asked });
            return null;
        }

        // An alias that is met again and is no account: where it leads to is followed already.
        if (targets is not null || problem.Status.IsTransient)
            return targets is null ? problem : null;
        // Only who is nobody here: a name that has an account is not caught.
        if (problem.Reason == ProblemReason.NotFound && way.Caught.Add(AliasTable.KeyOf(address)) && way.Table.FindCatchAll(address) is { } others)
            return way.Follow(others);
        if (way.IsAlias)
            Log.AliasToNobody(logger, way.Asked, address, problem.Text);
        return problem;
    }

    /// <summary>What has been gone through for one address. Each alias is followed once, so that a circle has an end.</summary>
    private sealed class Way(AliasTable table, EmailAddress asked)
    {
        public AliasTable Table => table;

        public EmailAddress Asked => asked;

        public Queue<EmailAddress> Pending { get; } = new([asked]);

        public HashSet<string> Seen { get; } = new(StringComparer.Ordinal);

        public HashSet<string> Caught { get; } = new(StringComparer.Ordinal);

        public List<Recipient> Here { get; } = [];

        public List<EmailAddress> Elsewhere { get; } = [];

        public bool IsAlias { get; private set; }

        public Problem? Follow(IReadOnlyList<EmailAddress> targets)
        {
            IsAlias = true;
            foreach (var target in targets)
                Pending.Enqueue(target);
            return null;
        }
    }
}

/// <summary>Whom mail for an address reaches.</summary>
/// <param name="Here">Accounts here.</param>
/// <param name="Elsewhere">Addresses that aliases lead to at other servers.</param>
internal sealed record Destinations(IReadOnlyList<Recipient> Here, IReadOnlyList<EmailAddress> Elsewhere);
