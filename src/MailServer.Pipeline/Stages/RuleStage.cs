using MailServer.Rules;
using Microsoft.Extensions.Logging;

namespace MailServer.Pipeline;

/// <summary>Asks the plugins' rules, the administrators' scripts and then the user's own where a recipient's copy goes. Whatever fails, the mail is kept.</summary>
internal sealed class RuleStage(PipelineOptions options, IDeliveryStore store, IRoles roles, RuleEngine? engine, UserRuleStage? users, TimeProvider time, ILogger logger)
{
    /// <summary>What scripts are written to take for junk (docs/rules.md). A filter that says quarantine says at least this.</summary>
    public const double JunkThreshold = 5;

    /// <summary>Folders one recipient's copy may go to, whatever a plugin says: as many as a script may name.</summary>
    private const int MaxFolders = 33;

    /// <summary>Addresses that it may be sent on to and mails that it may cause, whatever a plugin says: twice what a script may.</summary>
    private const int MaxSent = 10;

    /// <summary>Decides for all recipients, in their order. All meet the same version of the scripts.</summary>
    public async ValueTask<IReadOnlyList<Delivery>> DecideAsync(
        Envelope envelope, SpooledMessage message, IReadOnlyList<Recipient> recipients, IReadOnlyList<Verdict> verdicts, bool isQuarantined,
        DateTimeOffset received, MessageNotes notes, CancellationToken cancellationToken)
    {
        using var lease = roles.Lease<IDeliveryRule>();
        var scripts = engine?.Current;
        var mail = new Mail(SourceFor(default));
        var deliveries = new List<Delivery>(recipients.Count);
        var own = new List<Task>();
        for (var i = 0; i < recipients.Count; i++)
        {
            var (recipient, delivery) = (recipients[i], Delivery.Keep);
            foreach (var (plugin, rule) in lease.Items)
                if (!delivery.IsFinal)
                    delivery = await AskAsync(plugin, rule, message, recipient, delivery, cancellationToken).ConfigureAwait(false);
            var source = new RuleRecipient(recipient, store, notes.Of(recipient.Account));
            if (scripts is not null)
                delivery = scripts.Decide(verdicts[i] == Verdict.Continue ? mail : new(SourceFor(verdicts[i])), source, delivery);
            deliveries.Add(delivery);
            // All at once: one whose scripts hang must not make the others' wait.
            if (users is not null)
                own.Add(AskOwnAsync(i, source));
        }

        await Task.WhenAll(own).ConfigureAwait(false);
        return deliveries;

        async Task AskOwnAsync(int i, RuleRecipient source) =>
            deliveries[i] = await users.DecideAsync(recipients[i].Account, SourceFor(verdicts[i]), source, deliveries[i], cancellationToken).ConfigureAwait(false);

        MessageSource SourceFor(Verdict verdict) => SourceOf(envelope, message, verdict, isQuarantined, received);
    }

    /// <summary>The message as rules of a recipient see it: what filters think of one recipient weighs for that one alone.</summary>
    public MessageSource SourceOf(Envelope envelope, SpooledMessage message, Verdict verdict, bool isQuarantined, DateTimeOffset received)
    {
        var score = message.JunkScore + verdict.Score;
        if (isQuarantined || verdict.Action == VerdictAction.Quarantine)
            score = Math.Max(score, JunkThreshold);
        return new(message.Block, message.OpenFile, new()
        {
            Received = TimeZoneInfo.ConvertTime(received, time.LocalTimeZone),
            Size = message.Size,
            JunkScore = score,
            Origin = OriginOf(envelope),
            Findings = message.Prepended,
            Hostname = options.Server.Hostname,
        });
    }

    private static MailOrigin OriginOf(Envelope envelope) => new()
    {
        Sender = envelope.ReversePath?.ToString() ?? "",
        Helo = envelope.Helo,
        ClientIp = envelope.Connection.Remote.Address.ToString(),
        Tls = envelope.Connection.Tls?.Protocol ?? "",
        User = envelope.User?.Name ?? "",
    };

    private async ValueTask<Delivery> AskAsync(
        string plugin, IDeliveryRule rule, SpooledMessage message, Recipient recipient, Delivery sofar, CancellationToken cancellationToken)
    {
        var (answer, failure) = await Guard.AskAsync(options.RuleLimit, time, token => rule.DecideAsync(message, recipient, sofar, token), cancellationToken).ConfigureAwait(false);
        if (failure is null && answer is not null && IsSound(answer))
            return answer;

        failure ??= answer is null ? "it gave no answer" : "its answer makes no sense";
        var name = NameOf(plugin, rule);
        Log.RuleFailed(logger, message.Id, name, plugin, recipient.Address, failure);
        return Keep(sofar, new() { Rule = name, Action = $"failed, kept in INBOX: {failure}" });
    }

    private static bool IsSound(Delivery delivery) =>
        delivery is { Copies.Count: < MaxFolders, Flags: not null, FlagsIn: not null, Redirects: { Count: <= MaxSent }, Answers: { Count: <= MaxSent }, Steps: not null }
        && (delivery.Folder is not { } folder || FolderName.TryParse(folder.Value, out _))
        && delivery.Copies.All(copy => FolderName.TryParse(copy.Value, out _));

    /// <summary>RFC 5228 §2.10.6: what was decided before stands, a copy goes to INBOX beside it, and no later rule is asked.</summary>
    private static Delivery Keep(Delivery sofar, DeliveryStep step)
    {
        List<FolderName> others = [.. new[] { sofar.Folder }.OfType<FolderName>().Concat(sofar.Copies).Where(folder => !folder.IsInbox)];
        return sofar with { Folder = FolderName.Inbox, Copies = others, IsFinal = true, Steps = [.. sofar.Steps, step] };
    }

    private static string NameOf(string plugin, IDeliveryRule rule)
    {
#pragma warning disable CA1031 // a plugin's property may throw anything
        try
        {
            return OneLine.Of(rule.Name);
        }
        catch (Exception)
        {
            return plugin;
        }
#pragma warning restore CA1031
    }
}
