namespace MailServer;

/// <summary>
/// One session's view of one folder. Sequence numbers (from 1) are the view's own and change only in <see cref="RefreshAsync"/> and
/// <see cref="ExpungeAsync"/>, so that a session announces each change when its protocol allows it. Not for use by two threads at once.
/// </summary>
public interface IFolderView : IAsyncDisposable
{
    /// <summary>Which folder.</summary>
    FolderName Folder { get; }

    /// <summary>What it was opened for.</summary>
    FolderAccess Access { get; }

    /// <summary>UIDVALIDITY.</summary>
    uint UidValidity { get; }

    /// <summary>UIDNEXT, as far as this view has been told.</summary>
    uint UidNext { get; }

    /// <summary>HIGHESTMODSEQ, as far as this view has been told.</summary>
    ulong HighestModSeq { get; }

    /// <summary>MAILBOXID (RFC 8474 §4): the folder's for its life, also under another name. Null when the store has none.</summary>
    string? MailboxId => null;

    /// <summary>How many messages this view has.</summary>
    int Count { get; }

    /// <summary>How many of them are <c>\Recent</c> in this session (RFC 3501 §2.3.2).</summary>
    int RecentCount { get; }

    /// <summary>Keywords in use in the folder, for the FLAGS response.</summary>
    IReadOnlyList<string> Keywords { get; }

    /// <summary>Whether the folder has changed since the last <see cref="RefreshAsync"/>. Cheap: to be polled after every wake.</summary>
    bool HasChanges { get; }

    /// <summary>While true, a change of the folder wakes the session's pending read (IDLE). Set it before the last look at <see cref="HasChanges"/>.</summary>
    bool IsArmed { get; set; }

    /// <summary>The UID at a sequence number.</summary>
    uint UidAt(int sequence);

    /// <summary>The sequence number of a UID, or 0 when this view has none such.</summary>
    int SequenceOf(uint uid);

    /// <summary>The sequence number of the first message with this UID or a greater one; <see cref="Count"/> + 1 when there is none.</summary>
    int FirstSequenceFrom(uint uid);

    /// <summary>
    /// What the index knows of a message: its state now, not as last announced. Size and date of a message that nobody has asked for
    /// before are read from its file: see <see cref="MeasureAsync"/>.
    /// </summary>
    MessageInfo InfoAt(int sequence);

    /// <summary>A message's flags: as <see cref="InfoAt"/>, and never a look at its file.</summary>
    MessageFlags FlagsAt(int sequence) => InfoAt(sequence).Flags;

    /// <summary>A message's MODSEQ: as <see cref="InfoAt"/>, and never a look at its file.</summary>
    ulong ModSeqAt(int sequence) => InfoAt(sequence).ModSeq;

    /// <summary>Reads ahead what <see cref="InfoAt"/> will tell of these messages; to be called before many are asked for.</summary>
    /// <param name="first">The first sequence number.</param>
    /// <param name="last">The last one.</param>
    /// <param name="cancellationToken">Gives up.</param>
    ValueTask MeasureAsync(int first, int last, CancellationToken cancellationToken) => ValueTask.CompletedTask;

    /// <summary>
    /// Finds out the structures of a range of messages at once, on several processors; those asked for next by
    /// <see cref="StructureAtAsync"/> are then at hand. A few dozen at a time. What fails is tried again, and told, there.
    /// </summary>
    /// <param name="first">The first sequence number.</param>
    /// <param name="last">The last one.</param>
    /// <param name="cancellationToken">Gives up.</param>
    ValueTask ReadStructuresAsync(int first, int last, CancellationToken cancellationToken) => ValueTask.CompletedTask;

    /// <summary>Whether <see cref="FieldsAt"/> gives the fields of this name, in US-ASCII and any case.</summary>
    bool KeepsField(ReadOnlySpan<byte> name) => false;

    /// <summary>
    /// The message's own header fields of all names that are kept (<see cref="KeepsField"/>), as they are sent, with CRLF line ends, in their
    /// order and without the empty line. Null when they are not at hand: then the message tells them. Reads no message.
    /// </summary>
    ReadOnlyMemory<byte>? FieldsAt(int sequence) => null;

    /// <summary>
    /// What messages are sorted and threaded by, in the order asked for, read on several processors; <see cref="MessageHeading.None"/> for one
    /// that is gone or cannot be read. Some hundreds at a time: each is held in memory.
    /// </summary>
    /// <param name="sequences">Sequence numbers.</param>
    /// <param name="cancellationToken">Gives up.</param>
    ValueTask<IReadOnlyList<MessageHeading>> HeadingsOfAsync(IReadOnlyList<int> sequences, CancellationToken cancellationToken) =>
        new([.. sequences.Select(_ => MessageHeading.None)]);

    /// <summary>Whether the message is <c>\Recent</c> in this session.</summary>
    bool IsRecent(int sequence);

    /// <summary>The POP3 unique-id (RFC 1939 §7): 1 to 70 printable characters, the same for ever, kept from an adopted store.</summary>
    string UniqueIdAt(int sequence);

    /// <summary>EMAILID (RFC 8474 §5.1): the same for a message and its copies, and for ever. Null when the store has none.</summary>
    string? EmailIdAt(int sequence) => null;

    /// <summary>SAVEDATE (RFC 8514): when the message came into this folder; null when that is not known.</summary>
    DateTimeOffset? SaveDateAt(int sequence) => null;

    /// <summary>
    /// UIDs that were expunged after a MODSEQ (RFC 7162 §3.2.5), without those that this view still has. Where that is not known any more, all
    /// UIDs below UIDNEXT that no message has: a client may be told of more than it had (RFC 7162 §3.2.7).
    /// </summary>
    IReadOnlyList<UidRange> VanishedSince(ulong modSeq) => UidRange.Gaps(Enumerable.Range(1, Count).Select(UidAt), UidNext);

    /// <summary>ENVELOPE, BODYSTRUCTURE and the places of the parts. Every message has some, however broken it is.</summary>
    ValueTask<Outcome<MessageStructure>> StructureAtAsync(int sequence, CancellationToken cancellationToken);

    /// <summary>
    /// The beginning of a message's text for a list (RFC 8970 §3.3): at most 200 characters, white space joined, markup gone; empty when there is
    /// none. Reads no more of the message than it has to.
    /// </summary>
    ValueTask<Outcome<string>> PreviewAtAsync(int sequence, CancellationToken cancellationToken) => new(new Outcome<string>(""));

    /// <summary>Opens a message's bytes. The reason is <see cref="ProblemReason.Expunged"/> when its file is gone.</summary>
    ValueTask<Outcome<IMessageContent>> OpenMessageAsync(int sequence, CancellationToken cancellationToken);

    /// <summary>Takes up what happened since the last time, from this and other sessions, deliveries and other programs.</summary>
    /// <param name="mayExpunge">Whether sequence numbers may shift now: not during FETCH, STORE, SEARCH (RFC 9051 §7.5.1).</param>
    /// <param name="cancellationToken">Gives up.</param>
    ValueTask<Outcome<ViewChanges>> RefreshAsync(bool mayExpunge, CancellationToken cancellationToken);

    /// <summary>
    /// Changes flags. What this call changes is not reported again by <see cref="RefreshAsync"/>; the caller answers for it.
    /// Returns the sequence numbers whose messages are still there.
    /// </summary>
    ValueTask<Outcome<IReadOnlyList<int>>> StoreAsync(IReadOnlyList<int> sequences, FlagChange change, MessageFlags flags, CancellationToken cancellationToken);

    /// <summary>
    /// Changes the flags of those messages that nobody has changed since (RFC 7162 §3.1.3), as <see cref="StoreAsync"/>. A store
    /// looks at each message and changes it in one step; what is here only looks first.
    /// </summary>
    /// <param name="sequences">Which.</param>
    /// <param name="change">How.</param>
    /// <param name="flags">The flags.</param>
    /// <param name="unchangedSince">A message with a greater MODSEQ stays as it is.</param>
    /// <param name="cancellationToken">Gives up.</param>
    async ValueTask<Outcome<ConditionalStoreResult>> StoreUnchangedAsync(
        IReadOnlyList<int> sequences, FlagChange change, MessageFlags flags, ulong unchangedSince, CancellationToken cancellationToken)
    {
        var isUnchanged = sequences.ToLookup(sequence => ModSeqAt(sequence) <= unchangedSince);
        var stored = await StoreAsync([.. isUnchanged[true]], change, flags, cancellationToken).ConfigureAwait(false);
        return stored.TryGet(out var there, out var problem)
            ? new ConditionalStoreResult { Stored = there, Modified = [.. isUnchanged[false]] }
            : problem;
    }

    /// <summary>
    /// Removes messages for good, and them alone from the view. The answer lists sequence numbers as EXPUNGE responses carry them,
    /// each counted after those before it (RFC 9051 §7.5.1), with their UIDs beside.
    /// </summary>
    /// <param name="sequences">Which; null for all with <c>\Deleted</c>. The caller checks <c>\Deleted</c> where its protocol asks for it.</param>
    /// <param name="cancellationToken">Gives up.</param>
    ValueTask<Outcome<Expunged>> ExpungeAsync(IReadOnlyList<int>? sequences, CancellationToken cancellationToken);

    /// <summary>
    /// Stores a message and removes one for good in its place (RFC 8508): both or neither, as far as a store can, and never the removal alone.
    /// What the one takes away counts for the quota of the other.
    /// </summary>
    /// <param name="sequence">The message that goes.</param>
    /// <param name="draft">The message that comes, from <see cref="IMailAccount.BeginReplaceAsync"/>, for this folder or another.</param>
    /// <param name="cancellationToken">Gives up.</param>
    async ValueTask<Outcome<ReplaceResult>> ReplaceAsync(int sequence, IMessageDraft draft, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(draft);
        var stored = await draft.CommitAsync(cancellationToken).ConfigureAwait(false);
        if (!stored.TryGet(out var result, out var problem))
            return problem;
        var removed = await ExpungeAsync([sequence], cancellationToken).ConfigureAwait(false);
        return removed.TryGet(out var expunged, out problem) ? new ReplaceResult { Stored = result, Expunged = expunged } : problem;
    }

    /// <summary>Copies messages with flags and dates, all or none. A message that is gone is a problem.</summary>
    ValueTask<Outcome<CopyResult>> CopyAsync(IReadOnlyList<int> sequences, FolderName target, CancellationToken cancellationToken);

    /// <summary>Moves messages (RFC 6851): they leave this view; see <see cref="MoveResult.Expunged"/>.</summary>
    ValueTask<Outcome<MoveResult>> MoveAsync(IReadOnlyList<int> sequences, FolderName target, CancellationToken cancellationToken);

    /// <summary>Finds the messages that match (RFC 9051 §6.4.4), as ascending sequence numbers.</summary>
    ValueTask<Outcome<IReadOnlyList<int>>> SearchAsync(SearchKey key, CancellationToken cancellationToken);
}

/// <summary>What a view took up; in the order in which IMAP sends it: expunges, then the new count, then flags.</summary>
public sealed record ViewChanges
{
    /// <summary>Nothing.</summary>
    public static ViewChanges None { get; } = new();

    /// <summary>What is gone.</summary>
    public Expunged Expunged { get; init; } = Expunged.None;

    /// <summary>Whether new messages have come: then <see cref="IFolderView.Count"/> and <see cref="IFolderView.RecentCount"/> are to be told.</summary>
    public bool HasNew { get; init; }

    /// <summary>Sequence numbers (as they are after the expunges) of messages whose flags have changed, ascending.</summary>
    public IReadOnlyList<int> FlagsChanged { get; init; } = [];
}

/// <summary>Messages that have left a view.</summary>
public sealed record Expunged
{
    /// <summary>None.</summary>
    public static Expunged None { get; } = new();

    /// <summary>Sequence numbers as EXPUNGE responses carry them, each counted after those before it.</summary>
    public IReadOnlyList<int> Sequences { get; init; } = [];

    /// <summary>Their UIDs, in the same order.</summary>
    public IReadOnlyList<uint> Uids { get; init; } = [];
}

/// <summary>What a STORE did that was for unchanged messages alone (RFC 7162 §3.1.3).</summary>
public sealed record ConditionalStoreResult
{
    /// <summary>Sequence numbers of messages that have the flags now.</summary>
    public required IReadOnlyList<int> Stored { get; init; }

    /// <summary>Sequence numbers of messages that somebody has changed, and that stay as they are: MODIFIED.</summary>
    public required IReadOnlyList<int> Modified { get; init; }
}

/// <summary>What COPYUID says (RFC 4315 §3).</summary>
public record CopyResult
{
    /// <summary>The target's UIDVALIDITY.</summary>
    public required uint UidValidity { get; init; }

    /// <summary>UIDs in the source.</summary>
    public required IReadOnlyList<uint> SourceUids { get; init; }

    /// <summary>UIDs in the target, in the same order.</summary>
    public required IReadOnlyList<uint> TargetUids { get; init; }
}

/// <summary>What REPLACE did (RFC 8508 §3).</summary>
public sealed record ReplaceResult
{
    /// <summary>Where the new message is.</summary>
    public required AppendResult Stored { get; init; }

    /// <summary>How the old one left the view.</summary>
    public required Expunged Expunged { get; init; }
}

/// <summary>What MOVE did (RFC 6851 §4.3).</summary>
public sealed record MoveResult : CopyResult
{
    /// <summary>How the messages left the view.</summary>
    public required Expunged Expunged { get; init; }
}
