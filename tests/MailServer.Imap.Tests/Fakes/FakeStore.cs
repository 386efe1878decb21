namespace MailServer.Imap.Tests;

/// <summary>A user's folders in memory. Everything that IMAP can see of a store, and switches for what goes wrong.</summary>
internal sealed class FakeStore : IMailStore, IMailAccount
{
    private uint _uidValidity = 1_000;

    public FakeStore() => Add("INBOX");

    public User User { get; } = new() { Name = "alice", Address = new("alice", "example.org") };

    public SortedDictionary<string, FakeFolder> Folders { get; } = new(StringComparer.Ordinal);

    public SortedSet<string> Subscribed { get; } = new(StringComparer.Ordinal);

    public int OpenAccounts { get; private set; }

    public int OpenViews => Folders.Values.Sum(folder => folder.Views.Count);

    /// <summary>What every APPEND, COPY and CREATE gets.</summary>
    public Problem? Full { get; set; }

    public FakeFolder Inbox => Folders["INBOX"];

    public FakeFolder Add(string name, string? use = null) => Folders[name] = new(this, new(name)) { UidValidity = ++_uidValidity, SpecialUse = use };

    public ValueTask<Outcome<IMailAccount>> OpenAsync(User user, CancellationToken cancellationToken)
    {
        OpenAccounts++;
        return new(new Outcome<IMailAccount>((IMailAccount)this));
    }

    public ValueTask DisposeAsync()
    {
        OpenAccounts--;
        return default;
    }

    public ValueTask<Outcome<IReadOnlyList<FolderInfo>>> ListAsync(CancellationToken cancellationToken)
    {
        var names = new SortedSet<string>(Folders.Keys, StringComparer.Ordinal);
        foreach (var name in Folders.Keys)
            for (var slash = name.IndexOf('/'); slash > 0; slash = name.IndexOf('/', slash + 1))
                names.Add(name[..slash]);
        return new(new Outcome<IReadOnlyList<FolderInfo>>(names.OrderBy(name => name == "INBOX" ? "" : name, StringComparer.Ordinal)
            .Select(name => new FolderInfo
            {
                Name = new(name),
                IsSelectable = Folders.ContainsKey(name),
                HasChildren = names.Any(other => other.StartsWith(name + "/", StringComparison.Ordinal)),
                SpecialUse = Folders.GetValueOrDefault(name)?.SpecialUse,
            }).ToList()));
    }

    public ValueTask<Outcome<IReadOnlyList<FolderName>>> ListSubscribedAsync(CancellationToken cancellationToken) =>
        new(new Outcome<IReadOnlyList<FolderName>>(Subscribed.Select(name => new FolderName(name)).ToList()));

    public ValueTask<Problem?> SetSubscribedAsync(FolderName folder, bool subscribed, CancellationToken cancellationToken)
    {
        _ = subscribed ? Subscribed.Add(folder.Value) : Subscribed.Remove(folder.Value);
        return new((Problem?)null);
    }

    public ValueTask<Problem?> CreateAsync(FolderName folder, string? specialUse, CancellationToken cancellationToken)
    {
        if (Full is not null)
            return new(Full);
        if (Folders.ContainsKey(folder.Value))
            return new(new Problem(new(5, 2, 0), "It is there") { Reason = ProblemReason.AlreadyExists });
        Add(folder.Value, specialUse);
        return new((Problem?)null);
    }

    public ValueTask<Problem?> DeleteAsync(FolderName folder, CancellationToken cancellationToken)
    {
        if (folder.IsInbox)
            return new(new Problem(new(5, 2, 0), "INBOX stays") { Reason = ProblemReason.Impossible });
        return new(Folders.Remove(folder.Value) ? null : Problem.NoSuchFolder);
    }

    public ValueTask<Problem?> RenameAsync(FolderName from, FolderName to, CancellationToken cancellationToken)
    {
        if (!Folders.Remove(from.Value))
            return new(Problem.NoSuchFolder);
        Add(to.Value);
        return new((Problem?)null);
    }

    public ValueTask<Outcome<FolderStatus>> StatusAsync(FolderName folder, CancellationToken cancellationToken) =>
        new(Folders.TryGetValue(folder.Value, out var found) ? new Outcome<FolderStatus>(found.Status()) : Problem.NoSuchFolder);

    public ValueTask<Outcome<QuotaUsage>> QuotaAsync(CancellationToken cancellationToken) =>
        new(new QuotaUsage { Storage = 1_025, Messages = 3, Limit = Limit });

    public Dictionary<string, SortedDictionary<string, ReadOnlyMemory<byte>>> Annotations { get; } = [];

    public ValueTask<Outcome<IReadOnlyList<MetadataEntry>>> MetadataAsync(FolderName? folder, CancellationToken cancellationToken) =>
        new(folder is { } name && !Folders.ContainsKey(name.Value)
            ? Problem.NoSuchFolder
            : new Outcome<IReadOnlyList<MetadataEntry>>(AnnotationsOf(folder).Select(one => new MetadataEntry(one.Key, one.Value)).ToList()));

    public ValueTask<Problem?> SetMetadataAsync(FolderName? folder, IReadOnlyList<MetadataEntry> entries, CancellationToken cancellationToken)
    {
        if (folder is { } name && !Folders.ContainsKey(name.Value))
            return new(Problem.NoSuchFolder);
        if (Full is not null)
            return new(Full);
        foreach (var entry in entries)
            if (entry.Value is { } value)
                AnnotationsOf(folder)[entry.Name] = value.ToArray();
            else
                AnnotationsOf(folder).Remove(entry.Name);
        return new((Problem?)null);
    }

    private SortedDictionary<string, ReadOnlyMemory<byte>> AnnotationsOf(FolderName? folder)
    {
        if (!Annotations.TryGetValue(folder?.Value ?? "", out var found))
            Annotations[folder?.Value ?? ""] = found = new(StringComparer.Ordinal);
        return found;
    }

    public Quota Limit { get; set; } = new() { Storage = 4_097, Messages = 10 };

    public ValueTask<Outcome<IFolderView>> OpenFolderAsync(FolderName folder, FolderAccess access, IMailConnection? session, CancellationToken cancellationToken) =>
        new(Folders.TryGetValue(folder.Value, out var found)
            ? new Outcome<IFolderView>(new FakeView(found, access, session))
            : Problem.NoSuchFolder);

    public ValueTask<Outcome<IMessageDraft>> BeginAppendAsync(
        FolderName folder, MessageFlags flags, DateTimeOffset? internalDate, CancellationToken cancellationToken)
    {
        if (Full is not null)
            return new(Full);
        return new(Folders.TryGetValue(folder.Value, out var found)
            ? new Outcome<IMessageDraft>(new FakeDraft(found, flags, internalDate))
            : Problem.NoSuchFolder);
    }
}
