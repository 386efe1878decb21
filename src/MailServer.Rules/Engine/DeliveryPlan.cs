namespace MailServer.Rules;

/// <summary>
/// Gathers what the scripts say for one recipient. Folders are a set in order of mention; the implicit keep is a mark beside it that
/// FileInto, Keep and Discard take away (RFC 5228 §2.10.2), so that the verbs do what Sieve's do, whatever their order.
/// </summary>
internal sealed class DeliveryPlan
{
    /// <summary>Folders one mail may go to: more than people use, few enough that a loop over a mail's own values cannot fill the disk.</summary>
    public const int MaxFolders = 32;

    /// <summary>Flags one mail may get: the five of the system, and as many keywords as the store takes.</summary>
    public const int MaxFlags = 55;

    /// <summary>Addresses one mail is sent on to: more than people use, few enough that no rule makes one mail many.</summary>
    public const int MaxRedirects = 5;

    /// <summary>Mails that the server writes because of one mail.</summary>
    public const int MaxAnswers = 5;

    /// <summary>Steps written down for one mail: what a person can read. A loop may do more.</summary>
    public const int MaxSteps = 200;

    /// <summary>What the step of a script that failed begins with.</summary>
    public const string Failed = "failed, kept in INBOX: ";

    /// <summary>Log lines one mail can cause.</summary>
    public const int MaxWarnings = 10;

    private readonly List<DeliveryStep> _steps;
    private readonly Delivery _before;
    private List<NoteChange>? _notes;
    private string? _version;
    private bool _isOwn;
    private bool _isFinal;
    private PlanState? _state; // null as long as no verb has said anything: most rules do not apply
    private (PlanState? State, int Steps, int Notes) _mark;

    public DeliveryPlan(Delivery sofar)
    {
        _before = sofar;
        _steps = sofar.Steps.Count == 0 ? [] : [.. sofar.Steps];
    }

    /// <summary>The script that runs now.</summary>
    public string Rule { get; private set; } = "";

    /// <summary>What went wrong without stopping the script, for the log.</summary>
    public List<DeliveryStep>? Warnings { get; private set; }

    /// <summary>What the scripts have noted, in order.</summary>
    public IReadOnlyList<NoteChange> Notes => _notes ?? [];

    // What stood before the running script is never changed: its failure goes back to it.
    private PlanState Own => _state is null ? _state = new(_before) : _state == _mark.State ? _state = new(_state) : _state;

    public void Begin(string rule, string? version, bool isOwn = false)
    {
        (Rule, _version, _isOwn) = (rule, version, isOwn);
        _mark = (_state, _steps.Count, Notes.Count);
    }

    /// <summary>Files into a folder, and no longer into INBOX.</summary>
    public void File(FolderName folder, int line, string action, IReadOnlyList<string>? flags = null)
    {
        Own.ImplicitKeep = false;
        Copy(folder, line, action, flags);
    }

    /// <summary>Files into a folder beside whatever else is done.</summary>
    public void Copy(FolderName folder, int line, string action, IReadOnlyList<string>? flags = null)
    {
        if (Own.TryAdd(folder, flags))
            AddStep(line, action);
        else
            Warn(null, line, $"{action}: more than {MaxFolders} folders, ignored");
    }

    public void Flag(string flag, int line, string action)
    {
        if (Own.TryFlag(flag))
            AddStep(line, action);
        else
            Warn(null, line, $"{action}: more than {MaxFlags} flags, ignored");
    }

    public void Unflag(string flag, int line, string action)
    {
        Own.Unflag(flag);
        AddStep(line, action);
    }

    public void SetFlags(IReadOnlyList<string> flags, int line, string action)
    {
        Own.Flags.Clear();
        foreach (var flag in flags)
            Own.TryFlag(flag);
        AddStep(line, action);
    }

    /// <summary>It is junk: filed there, and marked (RFC 9051 §2.3.2).</summary>
    public void Junk(FolderName folder, int line, string action)
    {
        Own.Unflag(RuleGlobals.NotJunkKeyword);
        Own.TryFlag(RuleGlobals.JunkKeyword);
        File(folder, line, action);
    }

    /// <summary>It is no junk, whatever was decided before.</summary>
    public void NotJunk(FolderName folder, int line, string action)
    {
        Own.Remove(folder);
        Own.Unflag(RuleGlobals.JunkKeyword);
        Own.TryFlag(RuleGlobals.NotJunkKeyword);
        AddStep(line, action);
    }

    public void Discard(int line)
    {
        Own.ImplicitKeep = false;
        AddStep(line, "Discard()");
    }

    public void Reject(string text, int line, string action)
    {
        Own.ImplicitKeep = false;
        Own.Refusal = text;
        AddStep(line, action);
    }

    /// <summary>Sends on to an address, and no longer into INBOX unless it is a copy.</summary>
    public void Redirect(EmailAddress address, bool isCopy, int line, string action)
    {
        if (!Own.TryRedirect(address))
        {
            Warn(isCopy ? null : FolderName.Inbox, line, $"{action}: more than {MaxRedirects} addresses, {(isCopy ? "ignored" : "kept in INBOX")}");
            return;
        }

        Own.ImplicitKeep &= isCopy;
        AddStep(line, action);
    }

    /// <summary>Has the server write something; of answers to the sender the first counts (RFC 5230 §4.7).</summary>
    public void Answer(AutomaticMail mail, int line, string action)
    {
        if (Own.TryAnswer(mail))
            AddStep(line, action);
        else
            Warn(null, line, $"{action}: {(mail.To is null ? "another rule has answered" : $"more than {MaxAnswers} notices")}, ignored");
    }

    /// <summary>Writes down what was not done, without any effect.</summary>
    public void Say(int line, string action) => AddStep(line, action);

    public void Finish(int line)
    {
        _isFinal = true;
        AddStep(line, "Stop()");
    }

    /// <summary>What a script has noted about this mail; null when it has not, and then what was noted before holds.</summary>
    public NoteChange? NoteOf(string key)
    {
        for (var i = Notes.Count - 1; i >= 0; i--)
            if (Notes[i].Key == key)
                return Notes[i];
        return null;
    }

    /// <summary>Notes something; without an action it is no step, since every mail of an account may do it.</summary>
    public void Note(NoteChange change, int line, string? action)
    {
        if (Notes.Count == NoteLimits.MaxChanges)
        {
            Warn(null, line, $"{action ?? "IsDuplicate()"}: more than {NoteLimits.MaxChanges} notes, ignored");
            return;
        }

        (_notes ??= []).Add(change);
        if (action is not null)
            AddStep(line, action);
    }

    /// <summary>Something could not be done; <paramref name="instead"/> gets the mail.</summary>
    public void Warn(FolderName? instead, int line, string action)
    {
        if (instead is { } folder)
        {
            Own.ImplicitKeep = false;
            Own.TryAdd(folder, null);
        }

        var step = AddStep(line, action);
        if ((Warnings ??= []).Count < MaxWarnings)
            Warnings.Add(step);
    }

    /// <summary>
    /// The running script has failed. RFC 5228 §2.10.6: all processing stops and the mail is kept. What this script did is undone; what
    /// earlier ones decided stands, and a copy goes to INBOX beside it.
    /// </summary>
    public void Fail(int line, string reason)
    {
        _state = _mark.State is { } before ? new(before) : new(_before);
        _state.ImplicitKeep = true;
        _steps.RemoveRange(_mark.Steps, _steps.Count - _mark.Steps);
        _notes?.RemoveRange(_mark.Notes, _notes.Count - _mark.Notes);
        _isFinal = true;
        AddStep(line, Failed + reason);
    }

    public Delivery ToDelivery() => _steps.Count == _before.Steps.Count ? _before : (_state ?? new(_before)).ToDelivery(_before) with { Steps = _steps, IsFinal = _isFinal };

    private DeliveryStep AddStep(int line, string action)
    {
        var step = new DeliveryStep { Rule = Rule, IsOwn = _isOwn, Version = _version, Line = line, Action = action };
        if (_steps.Count - _before.Steps.Count < MaxSteps)
            _steps.Add(step);
        return step;
    }
}
