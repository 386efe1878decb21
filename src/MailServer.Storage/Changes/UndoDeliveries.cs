namespace MailServer.Storage;

/// <summary>
/// Finds out what takes back a rule's part in deliveries: where the message would be without its steps, with which flags. What other rules
/// decided stands; where none has decided, that is INBOX (the implicit keep of RFC 5228 §2.10.2).
/// </summary>
internal sealed class UndoDeliveries(UndoRule rule)
{
    private static readonly string[] Marks = ["AddFlag(", "SetFlags(", "RemoveFlag(", "Stop(", "Remember(", "Forget("];

    private readonly Dictionary<(string Id, string? Recipient), List<JournalEntry>> _deliveries = [];
    private readonly Dictionary<string, int> _skips = new(StringComparer.Ordinal);

    public IReadOnlyDictionary<string, int> Skips => _skips;

    /// <summary>Takes a line of the journal, newest first.</summary>
    public void Take(JournalEntry entry)
    {
        if (entry.Delivery is not { Steps: { } steps } delivery || !steps.Any(IsMeant))
            return;
        if (entry.Event == JournalEvents.Discarded && !steps.Any(step => !IsMeant(step) && step.Action.StartsWith("Discard(", StringComparison.Ordinal)))
            Skip(ChangeSkips.Discarded);
        if (entry.Event != JournalEvents.Delivered || entry.Folder is null || entry.Message is null)
            return;
        var key = (delivery.Id, delivery.Recipient);
        if (!_deliveries.TryGetValue(key, out var copies))
            _deliveries[key] = copies = [];
        copies.Add(entry);
    }

    /// <summary>Adds the changes that take back what was taken.</summary>
    public void Plan(List<MailChange> changes)
    {
        foreach (var copies in _deliveries.Values)
            if (Without(copies[0].Delivery!) is { } wanted)
                Plan(copies, wanted, changes);
            else
                Skip(ChangeSkips.Unclear);
    }

    private bool IsMeant(JournalStep step) => rule.Is(step);

    /// <summary>The step that is taken back: one that says where a message goes before one that only flags it or ends the script.</summary>
    private JournalStep WhyOf(IReadOnlyList<JournalStep> steps) =>
        steps.LastOrDefault(step => IsMeant(step) && !Marks.Any(mark => step.Action.StartsWith(mark, StringComparison.Ordinal))) ?? steps.Last(IsMeant);

    private void Skip(string reason) => _skips[reason] = _skips.GetValueOrDefault(reason) + 1;

    private void Plan(List<JournalEntry> copies, WantedDelivery wanted, List<MailChange> changes)
    {
        var extra = new Queue<JournalEntry>(copies.Where(copy => !wanted.Folders.Contains(copy.Folder!)));
        var kept = copies.FindAll(copy => wanted.Folders.Contains(copy.Folder!));
        var missing = new Queue<string>(wanted.Folders.Except(copies.Select(copy => copy.Folder!)));
        var why = WhyOf(copies[0].Delivery!.Steps!);
        List<MailChange> mine = [];
        foreach (var copy in kept)
            mine.Add(Change(copy, null));
        while (extra.Count > 0 && missing.TryDequeue(out var to))
            mine.Add(Change(extra.Dequeue(), to));
        if (mine.Count == 0)
            return;

        // What is too much goes, and what lacks comes, together with a message that stays: never the last of them.
        mine[0] = mine[0] with
        {
            Removes = extra.Count > 0 ? [.. extra.Select(copy => new ChangeCopy(copy.Folder!, copy.Message))] : null,
            Copies = missing.Count > 0 ? [.. missing.Select(folder => new ChangeCopy(folder, null))] : null,
        };
        changes.AddRange(mine);

        MailChange Change(JournalEntry copy, string? to) =>
            new() { Folder = copy.Folder!, Message = copy.Message!, Flags = copy.Flags ?? "", After = wanted.FlagsIn(to ?? copy.Folder!), To = to, Why = why };
    }

    /// <summary>What the other steps make of it; null when the journal does not tell.</summary>
    private WantedDelivery? Without(JournalDelivery delivery)
    {
        if (delivery.StepsBefore > 0)
            return null;
        var wanted = new WantedDelivery();
        foreach (var step in delivery.Steps!.Where(step => !IsMeant(step)))
            if (ActionText.TryRead(step.Action) is not { } calls || !calls.All(wanted.TryTake))
                return null;
        wanted.Finish();
        return wanted;
    }
}

/// <summary>Where a message is to be, with which flags.</summary>
internal sealed class WantedDelivery
{
    private readonly List<string> _flags = [];
    private readonly Dictionary<string, IReadOnlyList<string>> _flagsIn = new(StringComparer.Ordinal);
    private bool _implicitKeep = true;

    public HashSet<string> Folders { get; } = new(StringComparer.Ordinal);

    /// <summary>The flags of the copy in a folder.</summary>
    public string FlagsIn(string folder) => FlagText.Write(FlagText.Read(_flagsIn.GetValueOrDefault(folder) ?? _flags));

    /// <summary>Takes a verb; false when it is not known.</summary>
    public bool TryTake(ActionCall call)
    {
        switch (call)
        {
            case { Verb: "FileInto" or "CopyTo", Texts: [var folder, ..] }:
                _implicitKeep &= call.Verb == "CopyTo";
                Folders.Add(folder);
                if (call.HasList)
                    _flagsIn[folder] = [.. call.Texts.Skip(1)];
                return true;
            case { Verb: "Keep", Texts: [] }:
                _implicitKeep = false;
                Folders.Add(FolderName.Inbox.Value);
                return true;
            case { Verb: "AddFlag", Texts: [var flag] }:
                _flags.Add(flag);
                return true;
            case { Verb: "RemoveFlag", Texts: [var flag] }:
                _flags.RemoveAll(other => other.Equals(flag, StringComparison.OrdinalIgnoreCase));
                return true;
            case { Verb: "SetFlags" }:
                _flags.Clear();
                _flags.AddRange(call.Texts);
                return true;
            case { Verb: "NotJunk", Texts: [var junk] }:
                _implicitKeep |= Folders.Remove(junk) && Folders.Count == 0;
                _flagsIn.Remove(junk);
                _flags.RemoveAll(flag => flag.Equals("$Junk", StringComparison.OrdinalIgnoreCase));
                _flags.Add("$NotJunk");
                return true;
            case { Verb: "Discard" or "Reject" }:
                _implicitKeep = false;
                return true;
            default:
                return call.Verb is "Stop" or "Remember" or "Forget";
        }
    }

    /// <summary>A message that another rule would have dropped is kept: nothing is thrown away by taking something back.</summary>
    public void Finish()
    {
        if (_implicitKeep || Folders.Count == 0)
            Folders.Add(FolderName.Inbox.Value);
    }
}
