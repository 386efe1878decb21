namespace MailServer.Imap.Tests;

/// <summary>A view in memory: keeps its own list, hears of changes, takes them up when told.</summary>
internal sealed class FakeView : IFolderView
{
    private readonly FakeFolder _folder;
    private readonly IMailConnection? _session;
    private readonly List<FakeMessage> _messages;
    private readonly HashSet<uint> _recent;
    private readonly HashSet<FakeMessage> _noticed = [];

    public FakeView(FakeFolder folder, FolderAccess access, IMailConnection? session)
    {
        (_folder, Access, _session) = (folder, access, session);
        _messages = [.. folder.Messages];
        _recent = [.. _messages.Where(message => message.IsRecent).Select(message => message.Uid)];
        if (access == FolderAccess.ReadWrite)
            _messages.ForEach(message => message.IsRecent = false);
        folder.Views.Add(this);
        HighestModSeq = folder.Status().HighestModSeq;
    }

    public FolderName Folder => _folder.Name;

    public FolderAccess Access { get; }

    public uint UidValidity => _folder.UidValidity;

    public uint UidNext => _folder.UidNext;

    public ulong HighestModSeq { get; private set; }

    public int Count => _messages.Count;

    public int RecentCount => _messages.Count(message => _recent.Contains(message.Uid));

    public IReadOnlyList<string> Keywords => _folder.Keywords;

    public bool HasChanges => IsFolderGone || _noticed.Count > 0;

    public bool IsArmed { get; set; }

    private bool IsFolderGone => _folder.Store.Folders.GetValueOrDefault(_folder.Name.Value) != _folder;

    public void Notice(FakeMessage message)
    {
        _noticed.Add(message);
        if (IsArmed)
            _session?.Wake();
    }

    public uint UidAt(int sequence) => _messages[sequence - 1].Uid;

    public int SequenceOf(uint uid) => _messages.FindIndex(message => message.Uid == uid) + 1;

    public int FirstSequenceFrom(uint uid) => _messages.FindIndex(message => message.Uid >= uid) is var at and >= 0 ? at + 1 : Count + 1;

    public MessageInfo InfoAt(int sequence)
    {
        var message = _messages[sequence - 1];
        return new() { Uid = message.Uid, Flags = message.Flags, Size = message.Octets.Length, InternalDate = message.Date, ModSeq = message.ModSeq };
    }

    public string? MailboxId => _folder.Status().MailboxId;

    public string? EmailIdAt(int sequence) => $"M{UidAt(sequence)}";

    public DateTimeOffset? SaveDateAt(int sequence) => UidAt(sequence) == 2 ? null : new DateTimeOffset(2026, 11, 20, 1, 2, 3, TimeSpan.Zero).AddDays(UidAt(sequence));

    public bool IsRecent(int sequence) => _recent.Contains(UidAt(sequence));

    public string UniqueIdAt(int sequence) => $"{UidAt(sequence)}";

    public ValueTask<Outcome<MessageStructure>> StructureAtAsync(int sequence, CancellationToken cancellationToken) =>
        new(_messages[sequence - 1] is { IsGone: false } message ? new Outcome<MessageStructure>(FakeStructure.Of(message.Octets)) : Gone);

    public bool KeepsField(ReadOnlySpan<byte> name) =>
        System.Text.Ascii.EqualsIgnoreCase(name, "First") || System.Text.Ascii.EqualsIgnoreCase(name, "Middle") || System.Text.Ascii.EqualsIgnoreCase(name, "Last");

    public ReadOnlyMemory<byte>? FieldsAt(int sequence) => _messages[sequence - 1].KeptFields is { } fields ? fields : (ReadOnlyMemory<byte>?)null;

    public ValueTask<Outcome<IMessageContent>> OpenMessageAsync(int sequence, CancellationToken cancellationToken)
    {
        var message = _messages[sequence - 1];
        return new((message.IsGone ? Gone : message.Broken) is { } problem ? problem : new Outcome<IMessageContent>(new FakeContent(message.Octets)));
    }

    public ValueTask<Outcome<ViewChanges>> RefreshAsync(bool mayExpunge, CancellationToken cancellationToken)
    {
        if (IsFolderGone)
            return new(Problem.NoSuchFolder);
        var expunged = mayExpunge ? Take(message => message.IsGone) : Expunged.None;
        var come = _noticed.Where(message => !message.IsGone && !_messages.Contains(message)).OrderBy(message => message.Uid).ToList();
        _messages.AddRange(come);
        foreach (var message in come)
        {
            _recent.Add(message.Uid);
            if (Access == FolderAccess.ReadWrite)
                message.IsRecent = false;
        }

        var changed = _noticed.Where(message => !message.IsGone).Except(come).Select(message => _messages.IndexOf(message) + 1).Order().ToList();
        _noticed.RemoveWhere(message => !message.IsGone || mayExpunge);
        HighestModSeq = _folder.Status().HighestModSeq;
        return new(new ViewChanges { Expunged = expunged, HasNew = come.Count > 0, FlagsChanged = changed });
    }

    public ValueTask<Outcome<IReadOnlyList<int>>> StoreAsync(
        IReadOnlyList<int> sequences, FlagChange change, MessageFlags flags, CancellationToken cancellationToken)
    {
        var there = new List<int>();
        foreach (var sequence in sequences)
        {
            var message = _messages[sequence - 1];
            if (message.IsGone)
                continue;
            there.Add(sequence);
            var kept = change == FlagChange.Replace ? [] : message.Flags.Keywords.Where(keyword => !flags.Keywords.Contains(keyword, StringComparer.OrdinalIgnoreCase));
            message.Flags = new()
            {
                System = change switch
                {
                    FlagChange.Add => message.Flags.System | flags.System,
                    FlagChange.Remove => message.Flags.System & ~flags.System,
                    _ => flags.System,
                },
                Keywords = change == FlagChange.Remove ? [.. kept] : [.. kept, .. flags.Keywords],
            };
            _folder.Touch(message, by: this);
        }

        SkipOwn();
        return new(there);
    }

    public ValueTask<Outcome<Expunged>> ExpungeAsync(IReadOnlyList<int>? sequences, CancellationToken cancellationToken)
    {
        var chosen = sequences?.Select(sequence => _messages[sequence - 1]).ToHashSet()
            ?? [.. _messages.Where(message => (message.Flags.System & SystemFlags.Deleted) != 0)];
        foreach (var message in chosen)
        {
            _folder.Messages.Remove(message);
            message.IsGone = true;
            _folder.Touch(message, by: this);
        }

        SkipOwn();
        return new(Take(chosen.Contains));
    }

    private void SkipOwn()
    {
        if (!HasChanges)
            HighestModSeq = _folder.Status().HighestModSeq;
    }

    public ValueTask<Outcome<CopyResult>> CopyAsync(IReadOnlyList<int> sequences, FolderName target, CancellationToken cancellationToken)
    {
        if (_folder.Store.Full is { } full)
            return new(full);
        if (!_folder.Store.Folders.TryGetValue(target.Value, out var folder))
            return new(Problem.NoSuchFolder);
        if (sequences.Any(sequence => _messages[sequence - 1].IsGone))
            return new(Gone);
        var sources = sequences.Select(sequence => _messages[sequence - 1]).ToList();
        var copies = sources.Select(message => folder.Deliver(message.Octets, message.Flags, message.Date)).ToList();
        return new(new CopyResult
        {
            UidValidity = folder.UidValidity,
            SourceUids = [.. sources.Select(message => message.Uid)],
            TargetUids = [.. copies.Select(message => message.Uid)],
        });
    }

    public async ValueTask<Outcome<MoveResult>> MoveAsync(IReadOnlyList<int> sequences, FolderName target, CancellationToken cancellationToken)
    {
        var outcome = await CopyAsync(sequences, target, cancellationToken);
        if (!outcome.TryGet(out var copied, out var problem))
            return problem;
        var expunged = await ExpungeAsync(sequences, cancellationToken);
        return new MoveResult
        {
            UidValidity = copied.UidValidity,
            SourceUids = copied.SourceUids,
            TargetUids = copied.TargetUids,
            Expunged = expunged.Value,
        };
    }

    public async ValueTask<Outcome<IReadOnlyList<int>>> SearchAsync(SearchKey key, CancellationToken cancellationToken)
    {
        if (_folder.SearchGate is { } gate)
            await gate.Task.WaitAsync(cancellationToken);
        return Enumerable.Range(1, Count).Where(sequence => FakeSearch.Matches(this, _messages[sequence - 1], sequence, key)).ToList();
    }

    public ValueTask DisposeAsync()
    {
        _folder.Views.Remove(this);
        return default;
    }

    private static Problem Gone { get; } = new(new(5, 2, 0), "The message is gone") { Reason = ProblemReason.Expunged };

    private Expunged Take(Func<FakeMessage, bool> isTaken)
    {
        var (sequences, uids) = (new List<int>(), new List<uint>());
        for (var i = 0; i < _messages.Count;)
        {
            if (!isTaken(_messages[i]))
            {
                i++;
                continue;
            }

            sequences.Add(i + 1);
            uids.Add(_messages[i].Uid);
            _messages.RemoveAt(i);
        }

        return new() { Sequences = sequences, Uids = uids };
    }
}
