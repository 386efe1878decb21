using System.Globalization;
using MailServer.Storage;

namespace MailServer.Pipeline;

/// <summary>Writes what became of each recipient's copy into the account's journal, and tells the next observer.</summary>
/// <param name="store">Whose accounts.</param>
/// <param name="next">Is told too, or null.</param>
internal sealed class DeliveryJournal(MaildirStore store, IDeliveryObserver? next) : IDeliveryObserver
{
    /// <inheritdoc/>
    public void Delivered(DeliveryReport report)
    {
        ArgumentNullException.ThrowIfNull(report);
        foreach (var entry in Entries(report))
            store.WriteJournal(report.Recipient.Account, entry);
        next?.Delivered(report);
    }

    private static IEnumerable<JournalEntry> Entries(DeliveryReport report)
    {
        var entry = new JournalEntry
        {
            Event = report.Problem is not null ? JournalEvents.Rejected : report.IsQueued ? JournalEvents.Queued
                : report.Delivery.Redirects.Count > 0 ? JournalEvents.Redirected : JournalEvents.Discarded,
            By = "smtp",
            Session = report.Envelope.Connection.Id,
            Peer = report.Envelope.Connection.Remote.Address.ToString(),
            Delivery = DeliveryOf(report),
        };
        foreach (var written in report.Written)
            yield return entry with
            {
                Event = JournalEvents.Delivered,
                Folder = written.Folder.Value,
                Message = Path.GetFileName(written.Path) is var name && name.IndexOf(':', StringComparison.Ordinal) is >= 0 and var colon ? name[..colon] : name,
                Flags = FlagsIn(report.Delivery, written.Folder),
            };
        if (report.Written.Count == 0 && (report.Problem is not null || report.Delivery.Folder is null))
            yield return entry;
    }

    /// <summary>A step as the journal has it.</summary>
    public static JournalStep JournalStepOf(DeliveryStep step) => new(step.Rule, step.Line, step.Action) { Version = step.Version, IsOwn = step.IsOwn };

    private static string? FlagsIn(Delivery delivery, FolderName folder)
    {
        var flags = delivery.FlagsIn.GetValueOrDefault(folder) ?? delivery.Flags;
        return flags.Count > 0 ? string.Join(' ', flags) : null;
    }

    private static JournalDelivery DeliveryOf(DeliveryReport report)
    {
        var envelope = report.Envelope;
        return new()
        {
            Id = report.MessageId,
            MessageId = report.MessageIdField,
            Sender = envelope.ReversePath?.ToString() ?? "",
            Recipient = report.Recipient.Address.ToString(),
            Size = report.Size,
            Helo = envelope.Helo,
            With = envelope.With,
            Tls = envelope.Connection.Tls is { } tls ? $"{tls.Protocol} {tls.CipherSuite}" : null,
            User = envelope.User?.Name,
            Score = Math.Round(report.JunkScore, 2),
            Findings = [.. report.Findings.Select(field => $"{field.Name}: {OneLine.Of(field.Value)}")],
            Steps = [.. report.Delivery.Steps.Select(step => JournalStepOf(step))],
            Problem = report.Problem is { } problem ? string.Create(CultureInfo.InvariantCulture, $"{problem.Status} {problem.Text}") : null,
        };
    }
}
