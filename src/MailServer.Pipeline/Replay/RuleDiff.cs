using System.Globalization;
using MailServer.Rules;
using MailServer.Storage;

namespace MailServer.Pipeline;

/// <summary>What two versions of rules make of the same mail. Nothing is changed.</summary>
public sealed class RuleDiff(MailReplay replay)
{
    /// <summary>Messages shown of each group: what a person looks at. The counts are of all.</summary>
    private const int MaxExamples = 20;

    /// <summary>Characters of a subject or an address in the report.</summary>
    private const int MaxText = 120;

    private readonly Dictionary<(string From, string To), RuleDiffGroup> _groups = [];
    private readonly Dictionary<(bool IsNew, string Rule, int Line, string Reason), int> _failures = [];
    private readonly ScratchNotes _oldNotes = new();
    private readonly ScratchNotes _newNotes = new();
    private int _unchanged;
    private int _unreadable;

    /// <summary>Asks both about all messages.</summary>
    /// <param name="old">The older rules.</param>
    /// <param name="new">The newer rules.</param>
    /// <param name="progress">Is told how far it is; may be null.</param>
    /// <param name="cancellationToken">Stops between two messages.</param>
    public async ValueTask<RuleDiffReport> RunAsync(IReplayRules old, IReplayRules @new, IProgress<TransferProgress>? progress, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(old);
        ArgumentNullException.ThrowIfNull(@new);
        for (var i = 0; i < replay.Files.Count; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var file = replay.Files[i];
            progress?.Report(new(i, replay.Files.Count, i, file.Folder));
            try
            {
                await CompareAsync(file, old, @new, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // Read or removed meanwhile by somebody else, or not to be read at all.
                _unreadable++;
            }
        }

        return new()
        {
            Messages = replay.Files.Count,
            Unchanged = _unchanged,
            Unreadable = _unreadable,
            WithoutFacts = replay.Files.Count - replay.WithFacts,
            Groups = [.. _groups.Values.OrderByDescending(group => group.Count).ThenBy(group => group.From, StringComparer.Ordinal).ThenBy(group => group.To, StringComparer.Ordinal)],
            Failures = [.. _failures.OrderByDescending(failure => failure.Value).Select(failure =>
                new RuleDiffFailure(failure.Key.IsNew ? "new" : "old", failure.Key.Rule, failure.Key.Line, failure.Key.Reason, failure.Value))],
        };
    }

    private async ValueTask CompareAsync(MessageFile file, IReplayRules old, IReplayRules @new, CancellationToken cancellationToken)
    {
        var source = replay.OpenMail(file);
        var before = await old.DecideAsync(source, replay.RecipientOf(file, _oldNotes), Delivery.Keep, cancellationToken).ConfigureAwait(false);
        var after = await @new.DecideAsync(source, replay.RecipientOf(file, _newNotes), Delivery.Keep, cancellationToken).ConfigureAwait(false);
        TakeFailure(before, isNew: false);
        TakeFailure(after, isNew: true);
        var (from, to) = (OutcomeOf(before), OutcomeOf(after));
        if (from == to)
        {
            _unchanged++;
            return;
        }

        if (!_groups.TryGetValue((from, to), out var group))
            _groups[(from, to)] = group = new(from, to);
        group.Count++;
        if (group.Examples.Count < MaxExamples)
            group.Examples.Add(new()
            {
                Folder = file.Folder.Value,
                Message = file.BaseName,
                Sender = Cut(source.Addresses("From") is [var person, ..] ? person.Address : ""),
                Subject = Cut(source.Fields("Subject") is [var subject, ..] ? subject : ""),
                Date = source.Date,
                OldStep = StepOf(before),
                NewStep = StepOf(after),
            });
    }

    private void TakeFailure(Delivery delivery, bool isNew)
    {
        if (delivery.Steps.FirstOrDefault(RuleSet.IsFailure) is not { } step)
            return;
        var key = (isNew, RuleOf(step), step.Line, step.Action);
        _failures[key] = _failures.GetValueOrDefault(key) + 1;
    }

    /// <summary>Where it goes and with which flags, as people read it: <c>Receipts + Paper, \Seen</c>.</summary>
    public static string OutcomeOf(Delivery delivery)
    {
        ArgumentNullException.ThrowIfNull(delivery);
        if (delivery.Refusal is not null)
            return "rejected";
        List<string> sent = [.. delivery.Redirects.Select(address => $"sent on to {address}").Order(StringComparer.Ordinal), .. delivery.Answers.Select(answer => answer.To is { } to ? $"{to} is told" : "answered")];
        var end = sent.Count > 0 ? $"; {string.Join("; ", sent)}" : "";
        if (delivery.Folder is not { } folder)
            return sent.Count > 0 ? string.Join("; ", sent) : "discarded";

        // Which of several is named first makes no difference.
        var folders = delivery.Copies.Count == 0 ? folder.Value : string.Join(" + ", delivery.Copies.Append(folder).Select(name => name.Value).Order(StringComparer.Ordinal));
        if (delivery.Flags.Count == 0 && delivery.FlagsIn.Count == 0)
            return folders + end;
        var flags = delivery.Flags.Order(StringComparer.OrdinalIgnoreCase).Concat(delivery.FlagsIn
            .OrderBy(pair => pair.Key.Value, StringComparer.Ordinal).Select(pair => $"{string.Join(' ', pair.Value.Order(StringComparer.OrdinalIgnoreCase))} in {pair.Key}"));
        return $"{folders}, {string.Join(' ', flags)}{end}";
    }

    private string StepOf(Delivery delivery) =>
        DeliveryReport.DecidingOf(delivery) is { } step ? string.Create(CultureInfo.InvariantCulture, $"{RuleOf(step)}:{step.Line} {step.Action}") : "";

    // An account's own script under the name that undo knows it by.
    private string RuleOf(DeliveryStep step) => step.IsOwn && replay.Account.Length > 0 ? $"{replay.Account}/{step.Rule}" : step.Rule;

    private static string Cut(string text) => text.Length <= MaxText ? text : string.Concat(text.AsSpan(0, MaxText - 1), "…");
}

/// <summary>What two versions make of a store.</summary>
public sealed record RuleDiffReport
{
    /// <summary>Messages looked at.</summary>
    public required int Messages { get; init; }

    /// <summary>Those that both treat alike.</summary>
    public required int Unchanged { get; init; }

    /// <summary>Those that could not be read.</summary>
    public required int Unreadable { get; init; }

    /// <summary>Those whose coming the journal does not know: no junk score, no findings, no detail.</summary>
    public required int WithoutFacts { get; init; }

    /// <summary>From where to where, most first.</summary>
    public required IReadOnlyList<RuleDiffGroup> Groups { get; init; }

    /// <summary>Scripts that failed, and how often.</summary>
    public required IReadOnlyList<RuleDiffFailure> Failures { get; init; }

    /// <summary>Messages that the versions treat differently.</summary>
    public int Changed => Messages - Unchanged - Unreadable;
}

/// <summary>Messages that go from one place to another.</summary>
/// <param name="From">What the old version does.</param>
/// <param name="To">What the new version does.</param>
public sealed record RuleDiffGroup(string From, string To)
{
    /// <summary>How many.</summary>
    public int Count { get; internal set; }

    /// <summary>The first of them.</summary>
    public IList<RuleDiffExample> Examples { get; } = [];
}

/// <summary>One message.</summary>
public sealed record RuleDiffExample
{
    /// <summary>Where it is now.</summary>
    public required string Folder { get; init; }

    /// <summary>Its base name.</summary>
    public required string Message { get; init; }

    /// <summary>The address in From.</summary>
    public required string Sender { get; init; }

    /// <summary>The subject.</summary>
    public required string Subject { get; init; }

    /// <summary>Its date.</summary>
    public required DateTimeOffset Date { get; init; }

    /// <summary>The line that decided in the old version; empty when no rule spoke.</summary>
    public required string OldStep { get; init; }

    /// <summary>The line that decides in the new version.</summary>
    public required string NewStep { get; init; }
}

/// <summary>A place where a script failed.</summary>
/// <param name="Version"><c>old</c> or <c>new</c>.</param>
/// <param name="Rule">The script.</param>
/// <param name="Line">Its line; 0 when that is not known.</param>
/// <param name="Reason">Why.</param>
/// <param name="Count">On how many messages.</param>
public sealed record RuleDiffFailure(string Version, string Rule, int Line, string Reason, int Count);
