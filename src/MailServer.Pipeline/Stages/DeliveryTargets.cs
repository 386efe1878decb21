namespace MailServer.Pipeline;

/// <summary>One copy to be written.</summary>
internal sealed class Copy(User user, Target target, MessageFlags flags)
{
    public User User => user;

    public Target Target => target;

    public MessageFlags Flags { get; set; } = flags;

    public string? Path { get; set; }

    public Problem? Problem { get; set; }

    /// <summary>An earlier try has written it.</summary>
    public bool IsPassedOver { get; set; }

    /// <summary>The copy in INBOX that stands for this one.</summary>
    public Copy? Instead { get; set; }

    public bool IsDone => Path is not null || IsPassedOver;

    /// <summary>This copy, or the one that stands for it.</summary>
    public Copy Last => Instead ?? this;
}

/// <summary>
/// All copies of a message, each place once: two addresses of one account that end in the same folder get one copy.
/// </summary>
internal sealed class DeliveryTargets
{
    private readonly IReadOnlyList<Delivery> _deliveries;
    private readonly List<List<Copy>> _byRecipient = [];
    private readonly Dictionary<Target, Copy> _byTarget = [];
    private readonly List<Copy> _copies = [];
    private IReadOnlySet<Target> _earlier = new HashSet<Target>();

    public DeliveryTargets(IReadOnlyList<Recipient> recipients, IReadOnlyList<Delivery> deliveries, Action<string> badFlag)
    {
        _deliveries = deliveries;
        for (var i = 0; i < recipients.Count; i++)
        {
            var delivery = deliveries[i];
            var flags = delivery.Flags.Count == 0 ? default : FlagWords.Read(delivery.Flags, badFlag);
            List<Copy> mine = [];
            if (delivery.Folder is { } folder)
                mine.Add(CopyFor(recipients[i].Account, folder, FlagsIn(folder)));
            foreach (var other in delivery.Copies)
                if (CopyFor(recipients[i].Account, other, FlagsIn(other)) is var copy && !mine.Contains(copy))
                    mine.Add(copy);
            _byRecipient.Add(mine);

            MessageFlags FlagsIn(FolderName name) => delivery.FlagsIn.TryGetValue(name, out var own) ? FlagWords.Read(own, badFlag) : flags;
        }
    }

    public IReadOnlyList<Copy> Copies => _copies;

    /// <summary>Those that nobody has tried yet.</summary>
    public List<Copy> Open => [.. _copies.Where(copy => !copy.IsDone && copy.Problem is null)];

    /// <summary>Places that have their copy.</summary>
    public IEnumerable<Target> Done => _copies.Where(copy => copy.IsDone).Select(copy => copy.Target);

    /// <summary>Why a copy is missing in the end: a reason to come again if there is one, since a final one would end it for all.</summary>
    public Problem? FirstProblem =>
        Missing.FirstOrDefault(problem => problem.Status.IsTransient) ?? Missing.FirstOrDefault();

    private IEnumerable<Problem> Missing => _byRecipient.SelectMany(copies => copies).Select(copy => copy.Last.Problem).OfType<Problem>();

    /// <summary>Says what an earlier try has written, copies in INBOX that stand for others too.</summary>
    public void PassOver(IReadOnlySet<Target> done)
    {
        _earlier = done;
        foreach (var copy in _copies)
            copy.IsPassedOver = done.Contains(copy.Target);
    }

    /// <summary>
    /// A folder that cannot be used must not cost the mail: INBOX stands for it. In an account that is full INBOX is as full as any folder:
    /// there is nothing to try, and nothing of the folder's to tell.
    /// </summary>
    public void FallBack(Action<FolderName, EmailAddress, Problem> tell)
    {
        foreach (var copy in _copies.ToArray())
            if (copy is { Problem: { Reason: not ProblemReason.OverQuota } problem, Target.Folder.IsInbox: false })
            {
                tell(copy.Target.Folder, copy.Target.Account, problem);
                copy.Instead = CopyFor(copy.User, FolderName.Inbox, copy.Flags);
            }
    }

    /// <summary>What became of one recipient's copies.</summary>
    public (Delivery Delivery, List<(FolderName Folder, string Path)> Written, Problem? Problem) OutcomeOf(int recipient)
    {
        var (delivery, copies) = (_deliveries[recipient], _byRecipient[recipient]);
        foreach (var copy in copies.Where(copy => copy.Instead is not null))
            delivery = delivery with
            {
                Folder = delivery.Folder == copy.Target.Folder ? FolderName.Inbox : delivery.Folder,
                Copies = [.. delivery.Copies.Select(folder => folder == copy.Target.Folder ? FolderName.Inbox : folder).Where(folder => folder != delivery.Folder).Distinct()],
                Steps = [.. delivery.Steps, new() { Rule = "delivery", Action = $"{OneLine.Of(copy.Target.Folder.Value)} cannot be used, INBOX instead" }],
            };
        var last = copies.Select(copy => copy.Last).Distinct().ToList();
        return (delivery, [.. last.Where(copy => copy.Path is not null).Select(copy => (copy.Target.Folder, copy.Path!))], last.Select(copy => copy.Problem).FirstOrDefault(problem => problem is not null));
    }

    private Copy CopyFor(User account, FolderName folder, MessageFlags flags)
    {
        var target = new Target(account.Address, folder);
        if (_byTarget.TryGetValue(target, out var copy))
        {
            if (!copy.IsDone && !copy.Flags.Equals(flags))
                copy.Flags = FlagWords.Union(copy.Flags, flags);
            return copy;
        }

        _byTarget[target] = copy = new(account, target, flags) { IsPassedOver = _earlier.Contains(target) };
        _copies.Add(copy);
        return copy;
    }
}
