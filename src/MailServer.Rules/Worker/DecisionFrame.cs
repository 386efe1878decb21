namespace MailServer.Rules;

/// <summary>A decision on the pipe. What a worker says is checked as a stranger's: scripts run there.</summary>
internal static class DecisionFrame
{
    /// <summary>Flags of one decision; more than 50 keywords no message can have anyway.</summary>
    private const int MaxFlags = 100;

    /// <summary>Characters of a step's text: what a verb writes of its arguments is bounded well below.</summary>
    private const int MaxAction = 1000;

    /// <summary>What was decided before. Its steps stay here: a script has no business with them.</summary>
    public static void WriteBefore(FrameWriter frame, Delivery sofar) => WritePlaces(frame, sofar).Flag(sofar.IsFinal);

    public static Delivery ReadBefore(FrameReader frame) => ReadPlaces(frame) with { IsFinal = frame.Flag() };

    /// <summary>What the scripts decided, with their steps only.</summary>
    public static void Write(FrameWriter frame, RuleOutcome outcome)
    {
        WritePlaces(frame.Begin(FrameKind.Decided), outcome.Delivery).Flag(outcome.Delivery.IsFinal)
            .List(outcome.Delivery.Steps, WriteStep)
            .List(outcome.Warnings, WriteStep)
            .List(outcome.Notes, WriteNote)
            .Flag(outcome.Failure is not null);
        if (outcome.Failure is { } failure)
            WriteStep(frame, failure);
    }

    /// <summary>Reads and checks a decision.</summary>
    /// <param name="frame">The frame.</param>
    /// <param name="sofar">What was decided before: it stands, whatever the worker says.</param>
    /// <param name="versions">The scripts that ran, by name, with their versions; a step of another is a lie.</param>
    /// <exception cref="FrameException">It makes no sense.</exception>
    public static RuleOutcome Read(FrameReader frame, Delivery sofar, IReadOnlyDictionary<string, string> versions)
    {
        var places = ReadPlaces(frame);
        var isFinal = frame.Flag();
        var steps = Steps(frame, DeliveryPlan.MaxSteps + 1, versions);
        var warnings = Steps(frame, DeliveryPlan.MaxWarnings, versions);
        var notes = frame.List(ReadNote);
        var failure = frame.Flag() ? ReadStep(frame, versions) : null;
        frame.End();
        if (places.Copies.Count > DeliveryPlan.MaxFolders + sofar.Copies.Count)
            throw new FrameException("more folders than one mail may have");
        if (!AreFlags(places.Flags) || places.FlagsIn.Values.Any(flags => !AreFlags(flags)) || places.FlagsIn.Count > DeliveryPlan.MaxFolders + sofar.FlagsIn.Count)
            throw new FrameException("flags that cannot be");
        // It is said to the sender, on one line.
        if (places.Refusal is { } text && text != sofar.Refusal && (text.Length > MaxAction || text.Any(char.IsControl) || places.Folder is not null || places.Copies.Count > 0))
            throw new FrameException("a refusal that cannot be");
        if (!places.Redirects.Take(sofar.Redirects.Count).SequenceEqual(sofar.Redirects) || places.Redirects.Count > Math.Max(DeliveryPlan.MaxRedirects, sofar.Redirects.Count)
            || places.Redirects.Any(address => !sofar.Redirects.Contains(address) && !SendAddress.IsSound(address)))
            throw new FrameException("addresses that cannot be");
        if (places.Answers.Count > Math.Max(DeliveryPlan.MaxAnswers, sofar.Answers.Count) || !places.Answers.All(AutomaticLimits.IsSound))
            throw new FrameException("an answer that cannot be");
        // Whoever decides anything says so: without a step nothing has been decided, and there is nothing to note.
        if (notes.Count > (steps.Count == 0 ? 0 : NoteLimits.MaxChanges))
            throw new FrameException("more notes than a decision has");
        var delivery = steps.Count == 0
            ? sofar
            : sofar with { Folder = places.Folder, Copies = places.Copies, Flags = places.Flags, FlagsIn = places.FlagsIn, Refusal = places.Refusal, Redirects = places.Redirects, Answers = [.. sofar.Answers, .. places.Answers.Skip(sofar.Answers.Count)], IsFinal = isFinal || sofar.IsFinal, Steps = [.. sofar.Steps, .. steps] };
        return new(delivery, warnings, failure, notes);

        bool AreFlags(IReadOnlyList<string> flags) =>
            flags.Count <= sofar.Flags.Count + MaxFlags
            && flags.All(flag => FlagName.IsValid(flag) || sofar.Flags.Contains(flag) || sofar.FlagsIn.Values.Any(before => before.Contains(flag)));
    }

    private static FrameWriter WritePlaces(FrameWriter frame, Delivery delivery) => frame
        .Text(delivery.Folder?.Value)
        .List(delivery.Copies, (to, folder) => to.Text(folder.Value))
        .List(delivery.Flags, (to, flag) => to.Text(flag))
        .List(delivery.FlagsIn.ToList(), (to, own) => to.Text(own.Key.Value).List(own.Value, (list, flag) => list.Text(flag)))
        .Text(delivery.Refusal)
        .List(delivery.Redirects, WriteAddress)
        .List(delivery.Answers, WriteAnswer);

    private static Delivery ReadPlaces(FrameReader frame) => new()
    {
        Folder = frame.TextOrNull() is { } folder ? Folder(folder) : null,
        Copies = frame.List(from => Folder(from.Text())),
        Flags = frame.List(from => from.Text()),
        FlagsIn = ReadFlagsIn(frame),
        Refusal = frame.TextOrNull(),
        Redirects = frame.List(ReadAddress),
        Answers = frame.List(ReadAnswer),
    };

    private static void WriteAddress(FrameWriter frame, EmailAddress address) => frame.Text(address.LocalPart).Text(address.Domain);

    private static EmailAddress ReadAddress(FrameReader frame) => new(frame.Text(), frame.Text());

    private static void WriteAnswer(FrameWriter frame, AutomaticMail mail)
    {
        frame.Flag(mail.To is not null);
        if (mail.To is { } to)
            WriteAddress(frame, to);
        frame.Text(mail.Subject).Text(mail.Text).Number(mail.Interval.Ticks).Text(mail.Handle).List(mail.Addresses, WriteAddress);
    }

    private static AutomaticMail ReadAnswer(FrameReader frame) => new()
    {
        To = frame.Flag() ? ReadAddress(frame) : null,
        Subject = frame.TextOrNull(),
        Text = frame.Text(),
        Interval = TimeSpan.FromTicks(frame.Number()),
        Handle = frame.Text(),
        Addresses = frame.List(ReadAddress),
    };

    private static Dictionary<FolderName, IReadOnlyList<string>> ReadFlagsIn(FrameReader frame)
    {
        Dictionary<FolderName, IReadOnlyList<string>> all = [];
        foreach (var (folder, flags) in frame.List(from => (Folder(from.Text()), from.List(list => list.Text()))))
            all[folder] = flags;
        return all;
    }

    private static void WriteNote(FrameWriter frame, NoteChange note) => frame.Text(note.Key).Text(note.Value).Date(note.Until);

    private static NoteChange ReadNote(FrameReader frame)
    {
        var note = new NoteChange(frame.Text(), frame.TextOrNull(), frame.Date());
        return note.Key.Length is > 0 and <= NoteLimits.MaxKey && note.Value is null or { Length: <= NoteLimits.MaxValue } ? note : throw new FrameException("a note that cannot be");
    }

    private static FolderName Folder(string name) =>
        FolderName.TryParse(name, out var folder) && folder.Value == name ? folder : throw new FrameException("a folder name that cannot be");

    private static void WriteStep(FrameWriter frame, DeliveryStep step) => frame.Text(step.Rule).Count(step.Line).Text(step.Action);

    private static List<DeliveryStep> Steps(FrameReader frame, int most, IReadOnlyDictionary<string, string> versions) =>
        frame.List(from => ReadStep(from, versions)) is var steps && steps.Count <= most ? steps : throw new FrameException("more steps than a decision has");

    private static DeliveryStep ReadStep(FrameReader frame, IReadOnlyDictionary<string, string> versions)
    {
        var step = new DeliveryStep { Rule = frame.Text(), IsOwn = true, Line = frame.Integer(), Action = frame.Text() };
        return step.Line >= 0 && step.Action.Length <= MaxAction && !step.Action.Any(char.IsControl) && versions.TryGetValue(step.Rule, out var version)
            ? step with { Version = version }
            : throw new FrameException("a step that cannot be");
    }
}

/// <summary>What came of a set of scripts for one mail.</summary>
/// <param name="Delivery">Where it goes.</param>
/// <param name="Warnings">What went wrong without stopping a script.</param>
/// <param name="Failure">The script that failed, where and why; null when none did.</param>
/// <param name="Notes">What they noted, in order.</param>
internal sealed record RuleOutcome(Delivery Delivery, IReadOnlyList<DeliveryStep> Warnings, DeliveryStep? Failure, IReadOnlyList<NoteChange> Notes);
