using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging;

namespace MailServer.Pipeline;

/// <summary>Finds whose account an address is, and whether it is another server's.</summary>
internal sealed class RecipientResolver(PipelineOptions options, IRoles roles, ILogger logger)
{
    private static readonly IdnMapping Idn = new();

    private static readonly Problem NoRelay =
        new(new(5, 7, 1), "Relaying denied, that domain is not ours") { Reason = ProblemReason.NoPermission };

    // An authenticated user is right to ask; the answer must not look like a wrong password or a policy.
    // A relay whose configuration is broken for a moment must not cost anybody a message.
    private static readonly Problem NotNow =
        new(new(4, 3, 5), "Mail to other domains cannot be taken now") { Reason = ProblemReason.Unavailable };

    private static readonly Problem NoQueue =
        new(new(5, 3, 3), "This server does not send mail to other domains") { Reason = ProblemReason.Impossible };

    /// <summary>Whether an address is another server's business.</summary>
    public bool IsElsewhere(EmailAddress address)
    {
        var domain = ToAscii(address.Domain);
        // RFC 5321 §4.5.1: postmaster also without a domain; and at the name that we greet with.
        var isHost = domain.Length == 0 || domain.Equals(options.Server.Hostname, StringComparison.OrdinalIgnoreCase);
        return !options.Server.Domains.Contains(domain, StringComparer.OrdinalIgnoreCase) && !(IsPostmaster(address) && isHost);
    }

    public async ValueTask<Outcome<Recipient>> ResolveAsync(EmailAddress address, bool isSubmission, CancellationToken cancellationToken)
    {
        var isPostmaster = IsPostmaster(address);
        var domain = ToAscii(address.Domain);
        if (IsElsewhere(address))
            return !isSubmission ? NoRelay : roles.IsIncomplete ? NotNow : NoQueue;
        if (!roles.HasAccounts)
        {
            Log.NoAccounts(logger);
            return Problem.Unavailable;
        }

        var found = await FindAsync(address, address with { Domain = domain }, cancellationToken).ConfigureAwait(false);
        return isPostmaster && found.Problem is { Reason: ProblemReason.NotFound }
            ? await FindPostmasterAsync(address, cancellationToken).ConfigureAwait(false)
            : found;
    }

    private static bool IsPostmaster(EmailAddress address) => address.LocalPart.Equals("postmaster", StringComparison.OrdinalIgnoreCase);

    private async ValueTask<Outcome<Recipient>> FindAsync(EmailAddress asked, EmailAddress address, CancellationToken cancellationToken)
    {
        var found = await roles.Accounts.FindAsync(address, cancellationToken).ConfigureAwait(false);
        if (found.TryGet(out var user, out var problem))
            return new Recipient { Address = asked, Account = user };

        // RFC 5233 §1: what follows the first + is a detail, unless there is an account of the whole name.
        var plus = address.LocalPart.IndexOf('+', StringComparison.Ordinal);
        if (problem.Reason is not ProblemReason.NotFound || plus <= 0)
            return Shown(problem);
        found = await roles.Accounts.FindAsync(address with { LocalPart = address.LocalPart[..plus] }, cancellationToken).ConfigureAwait(false);
        return found.TryGet(out user, out problem)
            ? new Recipient { Address = asked, Account = user, Detail = address.LocalPart[(plus + 1)..] }
            : Shown(problem);
    }

    private async ValueTask<Outcome<Recipient>> FindPostmasterAsync(EmailAddress asked, CancellationToken cancellationToken)
    {
        if (options.Postmaster is { } postmaster)
            return await FindAsync(asked, postmaster, cancellationToken).ConfigureAwait(false);
        try
        {
            var users = await roles.Accounts.ListAsync(cancellationToken).ConfigureAwait(false);
            return users is [var first, ..] ? new Recipient { Address = asked, Account = first } : Problem.NoSuchAccount;
        }
        catch (IOException)
        {
            return Problem.Unavailable;
        }
    }

    // What a directory says when it cannot tell must never be final, and never more than the peer is to know.
    private static Problem Shown(Problem problem) => problem.Reason is ProblemReason.NotFound ? Problem.NoSuchAccount : Problem.Unavailable;

    /// <summary>A domain in A-labels (RFC 5890 §2.3.2.1), as the configuration has them; with SMTPUTF8 it comes in U-labels.</summary>
    private static string ToAscii(string domain)
    {
        if (Ascii.IsValid(domain))
            return domain;
        try
        {
            return Idn.GetAscii(domain.Normalize()).ToLowerInvariant();
        }
        catch (ArgumentException)
        {
            return domain;
        }
    }
}
