using System.IO.Pipelines;
using System.Net;

namespace MailServer.Pipeline;

/// <summary>Takes queued mail for addresses of this server: what rules send to somebody here goes through filters and rules like any other mail.</summary>
internal sealed class LocalTransport(IMailIngress ingress, RecipientResolver resolver, string hostname) : IOutgoingTransport
{
    /// <summary>The destination that all of them are. No domain has this name.</summary>
    public const string Here = "(here)";

    private static readonly IPEndPoint Nowhere = new(IPAddress.Loopback, 0);

    public string Name => "local";

    /// <summary>Whether mail for a domain is ours.</summary>
    public bool Takes(string domain) => !resolver.IsElsewhere(new("x", domain));

    public string DestinationOf(string domain) => Here;

    public async ValueTask<IReadOnlyList<SendResult>> SendAsync(IOutgoingMessage message, IReadOnlyList<EmailAddress> recipients, CancellationToken cancellationToken)
    {
        // One at a time: what one's rules refuse the others may take.
        var results = new List<SendResult>(recipients.Count);
        foreach (var recipient in recipients)
            results.Add(new() { Problem = await SendAsync(message, recipient, cancellationToken).ConfigureAwait(false), Server = hostname, TakesTerms = true });
        return results;
    }

    private async ValueTask<Problem?> SendAsync(IOutgoingMessage message, EmailAddress recipient, CancellationToken cancellationToken)
    {
        var envelope = new Envelope
        {
            Connection = new() { Id = $"queue-{message.Id}", Listener = "queue", Local = Nowhere, Remote = Nowhere },
            Helo = hostname,
            With = "local",
            ReversePath = message.ReversePath,
            IsUtf8 = message.IsUtf8,
            AnnouncedSize = message.Size,
            // Its time has come: it is not to be held again.
            Terms = message.Terms with { HoldUntil = null },
        };
        var mail = await ingress.BeginAsync(envelope, cancellationToken).ConfigureAwait(false);
        await using (mail.ConfigureAwait(false))
        {
            if ((mail.SenderProblem ?? await mail.AddRecipientAsync(recipient, message.TermsOf(recipient), cancellationToken).ConfigureAwait(false)) is { } problem)
                return problem;
            var file = message.OpenRead();
            await using (file.ConfigureAwait(false))
                await file.CopyToAsync(mail.Body, cancellationToken).ConfigureAwait(false);
            return await mail.CommitAsync(cancellationToken).ConfigureAwait(false);
        }
    }
}

/// <summary>Who takes mail for which domain: the pipeline for our own, a plugin for all others.</summary>
/// <param name="Remote">The plugin's; null when there is none.</param>
/// <param name="Local">The pipeline's; null when there is none.</param>
internal readonly record struct Ways(IOutgoingTransport? Remote, LocalTransport? Local)
{
    public IOutgoingTransport? For(string domain) => Local?.Takes(domain) == true ? Local : Remote;
}
