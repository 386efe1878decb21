namespace MailServer.Rules;

/// <summary>Where a mail goes by what was said so far.</summary>
internal sealed class PlanState
{
    private readonly List<FolderName> _folders;
    private List<EmailAddress>? _redirects;
    private List<AutomaticMail>? _answers;
    private Dictionary<FolderName, IReadOnlyList<string>>? _flagsIn;

    /// <summary>As rules before have decided.</summary>
    public PlanState(Delivery sofar)
    {
        _folders = sofar.Folder is { IsInbox: false } folder ? [folder, .. sofar.Copies] : sofar.Copies.Count > 0 ? [.. sofar.Copies] : [];
        _flagsIn = sofar.FlagsIn.Count > 0 ? new(sofar.FlagsIn) : null;
        _redirects = sofar.Redirects.Count > 0 ? [.. sofar.Redirects] : null;
        _answers = sofar.Answers.Count > 0 ? [.. sofar.Answers] : null;
        Flags = sofar.Flags.Count > 0 ? [.. sofar.Flags] : [];
        ImplicitKeep = sofar.Folder is { IsInbox: true };
        Refusal = sofar.Refusal;
    }

    /// <summary>A copy to go on with.</summary>
    public PlanState(PlanState other)
    {
        _folders = [.. other._folders];
        _flagsIn = other._flagsIn is null ? null : new(other._flagsIn);
        _redirects = other._redirects is { } redirects ? [.. redirects] : null;
        _answers = other._answers is { } answers ? [.. answers] : null;
        Flags = [.. other.Flags];
        ImplicitKeep = other.ImplicitKeep;
        Refusal = other.Refusal;
    }

    /// <summary>Whether INBOX gets it since nobody has said otherwise.</summary>
    public bool ImplicitKeep { get; set; }

    /// <summary>What the sender is told when no folder gets it; null when that was not asked for.</summary>
    public string? Refusal { get; set; }

    /// <summary>For every copy that has none of its own.</summary>
    public List<string> Flags { get; }

    /// <summary>Adds a folder, with flags of its own or null for those of every copy; false when there are too many.</summary>
    public bool TryAdd(FolderName folder, IReadOnlyList<string>? flags)
    {
        if (!_folders.Contains(folder))
        {
            if (_folders.Count == DeliveryPlan.MaxFolders)
                return false;
            _folders.Add(folder);
        }

        if (flags is not null)
            (_flagsIn ??= [])[folder] = flags;
        return true;
    }

    /// <summary>Takes a folder out; INBOX gets what then has no place.</summary>
    public void Remove(FolderName folder)
    {
        _flagsIn?.Remove(folder);
        if (_folders.Remove(folder) && _folders.Count == 0)
            ImplicitKeep = true;
    }

    /// <summary>Adds an address once; false when there are too many.</summary>
    public bool TryRedirect(EmailAddress address)
    {
        if (_redirects?.Contains(address) == true)
            return true;
        if (_redirects?.Count >= DeliveryPlan.MaxRedirects)
            return false;
        (_redirects ??= []).Add(address);
        return true;
    }

    /// <summary>Adds what the server is to write; false when there is an answer already, or too many notices.</summary>
    public bool TryAnswer(AutomaticMail mail)
    {
        if (_answers?.Count >= DeliveryPlan.MaxAnswers || (mail.To is null && _answers?.Exists(other => other.To is null) == true))
            return false;
        (_answers ??= []).Add(mail);
        return true;
    }

    /// <summary>Adds a flag once; false when there are too many.</summary>
    public bool TryFlag(string flag)
    {
        if (Flags.Contains(flag, StringComparer.OrdinalIgnoreCase))
            return true;
        if (Flags.Count == DeliveryPlan.MaxFlags)
            return false;
        Flags.Add(flag);
        return true;
    }

    public void Unflag(string flag) => Flags.RemoveAll(other => other.Equals(flag, StringComparison.OrdinalIgnoreCase));

    public Delivery ToDelivery(Delivery before)
    {
        List<FolderName> folders = [.. _folders];
        if (ImplicitKeep)
        {
            folders.Remove(FolderName.Inbox);
            folders.Insert(0, FolderName.Inbox);
        }

        return before with
        {
            Folder = folders.Count > 0 ? folders[0] : null,
            Copies = folders.Count > 1 ? folders[1..] : [],
            Flags = Flags,
            FlagsIn = _flagsIn ?? Delivery.Keep.FlagsIn,
            Redirects = _redirects ?? Delivery.Keep.Redirects,
            Answers = _answers ?? Delivery.Keep.Answers,
            // Who has a copy cannot say that it was refused.
            Refusal = folders.Count == 0 && _redirects is null ? Refusal : null,
        };
    }
}
