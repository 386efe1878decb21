namespace MailServer.Storage;

/// <summary>
/// Finds out what takes back a rule's part in deliveries: where the message would be without its steps, with which flags. What other rules
/// decided stands; where none has decided, that is INBOX (the implicit keep of RFC 5228 §2.10.2).
/// </summary>
internal sealed class UndoDeliveries(string rule, int? line)
{
    // A journal's line holds this many steps of one delivery; of more, not all are known.
    private const int MaxSteps = 8;

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
            if (Without(copies[0].Delivery!.Steps!) is { } wanted)
                Plan(copies, wanted, changes);
            else
                Skip(ChangeSkips.Unclear);
    }

    private bool IsMeant(JournalStep step) => step.Rule == rule && (line is null || step.Line == line);

    private void Skip(string reason) => _skips[reason] = _skips.GetValueOrDefault(reason) + 1;

    private void Plan(List<JournalEntry> copies, (HashSet<string> Folders, List<string> Flags) wanted, List<MailChange> changes)
    {
        var extra = new Queue<JournalEntry>(copies.Where(copy => !wanted.Folders.Contains(copy.Folder!)));
        var kept = copies.FindAll(copy => wanted.Folders.Contains(copy.Folder!));
        var missing = new Queue<string>(wanted.Folders.Except(copies.Select(copy => copy.Folder!)));
        var why = copies[0].Delivery!.Steps!.Last(IsMeant);
        var after = FlagText.Write(FlagText.Read(wanted.Flags));
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
            new() { Folder = copy.Folder!, Message = copy.Message!, Flags = copy.Flags ?? "", After = after, To = to, Why = why };
    }

    /// <summary>What the other steps make of it; null when the journal does not tell.</summary>
    private (HashSet<string> Folders, List<string> Flags)? Without(IReadOnlyList<JournalStep> steps)
    {
        if (steps.Count >= MaxSteps)
            return null;
        HashSet<string> folders = new(StringComparer.Ordinal);
        List<string> flags = [];
        var implicitKeep = true;
        foreach (var step in steps.Where(step => !IsMeant(step)))
            switch (ActionText.TryRead(step.Action))
            {
                case ("FileInto", { } folder): (implicitKeep, _) = (false, folders.Add(folder)); break;
                case ("CopyTo", { } folder): folders.Add(folder); break;
                case ("Keep", null): (implicitKeep, _) = (false, folders.Add(FolderName.Inbox.Value)); break;
                case ("AddFlag", { } flag): flags.Add(flag); break;
                case ("Stop", null): break;
                default: return null;
            }

        // A message that another rule would have dropped is kept: nothing is thrown away by taking something back.
        if (implicitKeep || folders.Count == 0)
            folders.Add(FolderName.Inbox.Value);
        return (folders, flags);
    }
}

/// <summary>Reads a step's action: <c>FileInto("Lists/dev")</c>.</summary>
internal static class ActionText
{
    /// <summary>The verb, and its one text if it has one; null when it is something else, or was cut off.</summary>
    public static (string Verb, string? Text)? TryRead(string action)
    {
        var open = action.IndexOf('(', StringComparison.Ordinal);
        if (open <= 0 || action[^1] != ')' || action.Contains('…', StringComparison.Ordinal))
            return null;
        var (verb, inside) = (action[..open], action[(open + 1)..^1]);
        if (inside.Length == 0)
            return (verb, null);
        if (inside is not ['"', .., '"'] || inside.Length < 2)
            return null;
        var text = new System.Text.StringBuilder();
        for (var i = 1; i < inside.Length - 1; i++)
        {
            if (inside[i] == '"')
                return null; // more than one text
            if (inside[i] == '\\' && ++i == inside.Length - 1)
                return null;
            text.Append(inside[i]);
        }

        return (verb, text.ToString());
    }
}
