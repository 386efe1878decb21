namespace MailServer.Rules;

/// <summary>The folders that the account has. They are looked up when a rule first asks.</summary>
public sealed class AccountFolders
{
    private readonly IRecipientSource _recipient;

    internal AccountFolders(IRecipientSource recipient) => _recipient = recipient;

    /// <summary>All names, with <c>/</c> between levels, INBOX first.</summary>
    /// <example><code>var lists = Folders.All.Count(name => name.StartsWith("Lists/"));</code></example>
    public IReadOnlyList<string> All => field ??= [.. List.Select(folder => folder.Name)];

    /// <summary>The folder for junk: the one the account marks so (RFC 6154), or else the one that has a usual name, or else <c>Junk</c>.</summary>
    /// <example><code>if (Mail.JunkScore >= 8) FileInto(Folders.Junk, flags: [Seen]);</code></example>
    public string Junk => UsedFor("\\Junk", "Junk", "Spam", "Junk E-mail", "Junk Email", "Bulk Mail");

    /// <summary>The folder for old mail, found like <see cref="Junk"/>, or else <c>Archive</c>.</summary>
    /// <example><code>FileInto($"{Folders.Archive}/{Now:yyyy}");</code></example>
    public string Archive => UsedFor("\\Archive", "Archive", "Archives");

    /// <summary>The folder for what was thrown away, found like <see cref="Junk"/>, or else <c>Trash</c>.</summary>
    /// <example><code>if (Mail.Subject.Is("(test)")) FileInto(Folders.Trash);</code></example>
    public string Trash => UsedFor("\\Trash", "Trash", "Deleted Items", "Deleted Messages");

    private IReadOnlyList<AccountFolder> List => field ??= _recipient.Folders;

    /// <summary>Whether there is a folder of exactly this name. Case matters, as it does on disk, but not in INBOX.</summary>
    /// <example><code>if (Folders.Exists($"Lists/{Mail.List}")) FileInto($"Lists/{Mail.List}");</code></example>
    public bool Exists(string name) => FolderName.TryParse(name, out var wanted) && (wanted.IsInbox || All.Contains(wanted.Value, StringComparer.Ordinal));

    /// <summary>
    /// The folder that a word means: the one of this name, or else one of this name in another case, or else the first one whose last level is
    /// so called; null when there is none. With it, a part of the mail can only ever choose among folders there are.
    /// </summary>
    /// <example><code>if (Folders.Find(Detail) is { } folder) FileInto(folder);</code></example>
    public string? Find(string name)
    {
        if (string.IsNullOrEmpty(name))
            return null;
        if (Exists(name))
            return name;
        return All.FirstOrDefault(folder => folder.Equals(name, StringComparison.OrdinalIgnoreCase))
            ?? All.FirstOrDefault(folder => folder.AsSpan(folder.LastIndexOf('/') + 1).Equals(name, StringComparison.OrdinalIgnoreCase));
    }

    /// <summary>The names of all folders below one, at any depth.</summary>
    /// <example><code>var project = Folders.Under("Work").FirstOrDefault(name => Mail.Subject.Has(name[5..]));</code></example>
    public IReadOnlyList<string> Under(string name) =>
        name is null ? [] : [.. All.Where(folder => folder.Length > name.Length && folder[name.Length] == '/' && folder.StartsWith(name, StringComparison.Ordinal))];

    private string UsedFor(string use, params ReadOnlySpan<string> usual)
    {
        foreach (var folder in List)
            if (folder.SpecialUse.Equals(use, StringComparison.OrdinalIgnoreCase))
                return folder.Name;
        foreach (var name in usual)
            foreach (var folder in List)
                if (folder.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
                    return folder.Name;
        return usual[0];
    }
}
