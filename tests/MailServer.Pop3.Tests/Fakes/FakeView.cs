using System.IO.Pipelines;

namespace MailServer.Pop3.Tests.Fakes;

/// <summary>The maildrop as it was when it was opened.</summary>
public sealed class FakeView(FakeStore store) : IFolderView
{
    private readonly List<FakeMessage> _messages = [.. store.Messages];

    public FolderName Folder => FolderName.Inbox;

    public FolderAccess Access => FolderAccess.Maildrop;

    public uint UidValidity => 1;

    public uint UidNext => 100;

    public ulong HighestModSeq => 1;

    public int Count => _messages.Count;

    public int RecentCount => 0;

    public IReadOnlyList<string> Keywords => [];

    public bool HasChanges => false;

    public bool IsArmed { get; set; }

    public uint UidAt(int sequence) => _messages[sequence - 1].Uid;

    public int SequenceOf(uint uid) => _messages.FindIndex(message => message.Uid == uid) + 1;

    public int FirstSequenceFrom(uint uid) => throw new NotSupportedException();

    public MessageInfo InfoAt(int sequence) => new()
    {
        Uid = UidAt(sequence),
        Flags = default,
        Size = _messages[sequence - 1].Octets.Length,
        HasOpenEnd = _messages[sequence - 1].Octets is [.., not (byte)'\n'],
        InternalDate = default,
        ModSeq = 1,
    };

    public bool IsRecent(int sequence) => false;

    public string UniqueIdAt(int sequence) => $"{UidAt(sequence):x8}{UidValidity:x8}";

    public ValueTask<Outcome<MessageStructure>> StructureAtAsync(int sequence, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<Outcome<IMessageContent>> OpenMessageAsync(int sequence, CancellationToken cancellationToken) =>
        new(_messages[sequence - 1] is { IsGone: false } message
            ? new Outcome<IMessageContent>(new Content(message))
            : new Problem(new(5, 2, 0), "The message is gone") { Reason = ProblemReason.Expunged });

    public ValueTask<Outcome<Expunged>> ExpungeAsync(IReadOnlyList<int>? sequences, CancellationToken cancellationToken)
    {
        if (store.ExpungeProblem is { } problem)
            return new(problem);
        Assert.Equal(sequences!.Order(), sequences);
        foreach (var sequence in sequences!)
            store.Messages.Remove(_messages[sequence - 1]);
        return new(new Outcome<Expunged>(Expunged.None));
    }

    public ValueTask<Outcome<ViewChanges>> RefreshAsync(bool mayExpunge, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<Outcome<IReadOnlyList<int>>> StoreAsync(IReadOnlyList<int> sequences, FlagChange change, MessageFlags flags, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public ValueTask<Outcome<CopyResult>> CopyAsync(IReadOnlyList<int> sequences, FolderName target, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<Outcome<MoveResult>> MoveAsync(IReadOnlyList<int> sequences, FolderName target, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<Outcome<IReadOnlyList<int>>> SearchAsync(SearchKey key, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask DisposeAsync()
    {
        store.IsLocked = false;
        return ValueTask.CompletedTask;
    }

    private sealed class Content(FakeMessage message) : IMessageContent
    {
        public long Size => message.Octets.Length;

        public ValueTask CopyToAsync(PipeWriter destination, long offset, long length, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Stream OpenRead() => new MemoryStream(message.Octets, 0, message.BreaksAt ?? message.Octets.Length, writable: false);

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
