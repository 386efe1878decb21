namespace MailServer.Rules;

/// <summary>
/// Gathers what the scripts say for one recipient. Folders are a set in order of mention; the implicit keep is a mark beside it that
/// FileInto, Keep and Discard take away (RFC 5228 §2.10.2), so that the verbs do what Sieve's do, whatever their order.
/// </summary>
internal sealed class DeliveryPlan
{
    /// <summary>Folders one mail may go to: more than people use, few enough that a loop over a mail's own values cannot fill the disk.</summary>
    public const int MaxFolders = 32;

    /// <summary>Steps written down for one mail: what a person can read. A loop may do more.</summary>
    public const int MaxSteps = 200;

    /// <summary>What the step of a script that failed begins with.</summary>
    public const string Failed = "failed, kept in INBOX: ";

    /// <summary>Log lines one mail can cause.</summary>
    public const int MaxWarnings = 10;

    private readonly List<FolderName> _folders = [];
    private readonly List<string> _flags;
    private readonly List<DeliveryStep> _steps;
    private readonly Delivery _before;
    private string? _version;
    private bool _implicitKeep;
    private bool _isFinal;
    private (int Folders, int Flags, int Steps, bool Keep) _mark;

    public DeliveryPlan(Delivery sofar)
    {
        _before = sofar;
        _flags = [.. sofar.Flags];
        _steps = [.. sofar.Steps];
        _implicitKeep = sofar.Folder is { IsInbox: true };
        if (sofar.Folder is { IsInbox: false } folder)
            _folders.Add(folder);
        _folders.AddRange(sofar.Copies);
    }

    /// <summary>The script that runs now.</summary>
    public string Rule { get; private set; } = "";

    /// <summary>What went wrong without stopping the script, for the log.</summary>
    public List<DeliveryStep>? Warnings { get; private set; }

    public void Begin(string rule, string? version)
    {
        (Rule, _version) = (rule, version);
        _mark = (_folders.Count, _flags.Count, _steps.Count, _implicitKeep);
    }

    public void File(FolderName folder, int line, string action)
    {
        _implicitKeep = false;
        Copy(folder, line, action);
    }

    public void Copy(FolderName folder, int line, string action)
    {
        if (_folders.Contains(folder))
            AddStep(line, action);
        else if (_folders.Count < MaxFolders)
            AddStep(line, action, folder);
        else
            Warn(null, line, $"{action}: more than {MaxFolders} folders, ignored");
    }

    public void Flag(string flag, int line, string action)
    {
        if (!_flags.Contains(flag, StringComparer.OrdinalIgnoreCase))
            _flags.Add(flag);
        AddStep(line, action);
    }

    public void Discard(int line)
    {
        _implicitKeep = false;
        AddStep(line, "Discard()");
    }

    public void Finish(int line)
    {
        _isFinal = true;
        AddStep(line, "Stop()");
    }

    /// <summary>Something could not be done; <paramref name="instead"/> gets the mail.</summary>
    public void Warn(FolderName? instead, int line, string action)
    {
        var step = AddStep(line, action, instead);
        if ((Warnings ??= []).Count < MaxWarnings)
            Warnings.Add(step);
        if (instead is not null)
            _implicitKeep = false;
    }

    /// <summary>
    /// The running script has failed. RFC 5228 §2.10.6: all processing stops and the mail is kept. What this script did is undone; what
    /// earlier ones decided stands, and a copy goes to INBOX beside it.
    /// </summary>
    public void Fail(int line, string reason)
    {
        _folders.RemoveRange(_mark.Folders, _folders.Count - _mark.Folders);
        _flags.RemoveRange(_mark.Flags, _flags.Count - _mark.Flags);
        _steps.RemoveRange(_mark.Steps, _steps.Count - _mark.Steps);
        _implicitKeep = true;
        _isFinal = true;
        AddStep(line, Failed + reason);
    }

    public Delivery ToDelivery()
    {
        if (_steps.Count == _before.Steps.Count)
            return _before;
        if (_implicitKeep)
        {
            _folders.Remove(FolderName.Inbox);
            _folders.Insert(0, FolderName.Inbox);
        }

        return _before with
        {
            Folder = _folders.Count > 0 ? _folders[0] : null,
            Copies = _folders.Count > 1 ? _folders[1..] : [],
            Flags = _flags,
            Steps = _steps,
            IsFinal = _isFinal,
        };
    }

    private DeliveryStep AddStep(int line, string action, FolderName? folder = null)
    {
        if (folder is { } name && !_folders.Contains(name))
            _folders.Add(name);
        var step = new DeliveryStep { Rule = Rule, Version = _version, Line = line, Action = action };
        if (_steps.Count - _before.Steps.Count < MaxSteps)
            _steps.Add(step);
        return step;
    }
}
