using System.Runtime.CompilerServices;
using MailServer.Rules;
using MailServer.Storage;

namespace MailServer.Pipeline;

/// <summary>
/// Runs rules over mail that is there already, and says what is to be changed. A rule that says nothing of a message leaves it where it is;
/// one that would drop it, too: mail that is there is never thrown away by a rule.
/// </summary>
public sealed class RuleApply
{
    private readonly MailReplay _replay;
    private readonly ScratchNotes _notes = new();
    private readonly Dictionary<string, HashSet<string>> _deliveredTo = new(StringComparer.Ordinal);

    /// <summary>Prepares to go over messages.</summary>
    public RuleApply(MailReplay replay)
    {
        ArgumentNullException.ThrowIfNull(replay);
        _replay = replay;
        foreach (var file in replay.Files)
            if (replay.ArrivalOf(file) is { } arrived)
            {
                if (!_deliveredTo.TryGetValue(KeyOf(arrived), out var folders))
                    _deliveredTo[KeyOf(arrived)] = folders = new(StringComparer.Ordinal);
                folders.Add(file.Folder.Value);
            }
    }

    /// <summary>Messages on which a script failed, which stay where they are.</summary>
    public int Failed { get; private set; }

    /// <summary>Messages that a rule would drop or reject, which stay where they are.</summary>
    public int Discarded { get; private set; }

    /// <summary>Messages that could not be read.</summary>
    public int Unreadable { get; private set; }

    /// <summary>Messages looked at.</summary>
    public int Seen { get; private set; }

    /// <summary>Asks rules about one message after the other.</summary>
    /// <param name="rules">The rules.</param>
    /// <param name="folder">Only messages in this folder; null for all.</param>
    /// <param name="since">Only messages that came since; null for all.</param>
    /// <param name="progress">Is told how far it is; may be null.</param>
    /// <param name="cancellationToken">Stops between two messages.</param>
    public async IAsyncEnumerable<MailChange> ChangesAsync(
        IReplayRules rules, FolderName? folder, DateTimeOffset? since, IProgress<TransferProgress>? progress, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        for (var i = 0; i < _replay.Files.Count; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var file = _replay.Files[i];
            progress?.Report(new(i, _replay.Files.Count, i, file.Folder));
            if ((folder is { } only && file.Folder != only) || (since is { } from && ReceivedAt(file) < from))
                continue;
            Seen++;
            if (await ChangeOfAsync(rules, file, cancellationToken).ConfigureAwait(false) is { } change)
                yield return change;
        }
    }

    private DateTimeOffset ReceivedAt(MessageFile file) => _replay.ArrivalOf(file)?.Line.Time ?? File.GetLastWriteTimeUtc(file.Path);

    private async ValueTask<MailChange?> ChangeOfAsync(IReplayRules rules, MessageFile file, CancellationToken cancellationToken)
    {
        Delivery delivery;
        try
        {
            delivery = await rules.DecideAsync(_replay.OpenMail(file), _replay.RecipientOf(file, _notes), Delivery.Keep, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Unreadable++;
            return null;
        }

        if (delivery.Steps.Any(RuleSet.IsFailure))
            Failed++;
        else if (delivery.Refusal is not null || (delivery.Folder is null && delivery.Copies.Count == 0))
            Discarded++;
        else if (DecidesFolder(delivery) || delivery.Flags.Count + delivery.FlagsIn.Count > 0)
            return ChangeOf(file, delivery);
        return null;
    }

    /// <summary>Whether a rule has said where it goes. The implicit keep is of mail that arrives: what lies elsewhere was put there.</summary>
    private static bool DecidesFolder(Delivery delivery) =>
        delivery.Copies.Count > 0 || delivery.Folder is { IsInbox: false } || delivery.Steps.Any(step => step.Action.StartsWith("Keep(", StringComparison.Ordinal) || step.Action.StartsWith("FileInto(", StringComparison.Ordinal));

    private MailChange ChangeOf(MessageFile file, Delivery delivery)
    {
        var deciding = DeliveryReport.DecidingOf(delivery);
        var change = new MailChange
        {
            Folder = file.Folder.Value,
            Message = file.BaseName,
            Adds = delivery.Flags,
            Why = deciding is { } step ? DeliveryJournal.JournalStepOf(step) : null,
        };
        if (!DecidesFolder(delivery))
            return change;
        List<FolderName> targets = [.. new[] { delivery.Folder }.OfType<FolderName>().Concat(delivery.Copies).Distinct()];

        // Copies that were made when it came are copies: they need not be made again.
        var others = _replay.ArrivalOf(file) is { } arrived ? _deliveredTo[KeyOf(arrived)] : [];
        List<FolderName> missing = [.. targets.Where(target => target != file.Folder && !others.Contains(target.Value))];
        var stays = targets.Contains(file.Folder) || missing.Count == 0;
        var place = stays ? file.Folder : missing[0];
        return change with
        {
            // Copies are of the message as it is then: flags for one of them alone are not given here.
            Adds = delivery.FlagsIn.TryGetValue(place, out var flags) ? flags : delivery.Flags,
            To = stays ? null : missing[0].Value,
            Copies = missing.Skip(stays ? 0 : 1).Select(target => new ChangeCopy(target.Value, null)).ToList() is { Count: > 0 } copies ? copies : null,
        };
    }

    private static string KeyOf(ArrivedMessage arrived) => $"{arrived.Delivery.Id} {arrived.Delivery.Recipient}";
}
