namespace MailServer.Wire.Imap;

/// <summary>A command with its arguments (RFC 3501 §6). Memory belongs to the request's buffer and is valid until the next read.</summary>
/// <param name="Tag">The client's tag.</param>
public abstract record ImapRequest(ReadOnlyMemory<byte> Tag)
{
    /// <summary>A command without arguments.</summary>
    public sealed record Simple(ReadOnlyMemory<byte> Tag, SimpleCommand Command) : ImapRequest(Tag);

    /// <summary>AUTHENTICATE (RFC 3501 §6.2.2), with the initial response of RFC 4959: empty for <c>=</c>, null for none.</summary>
    public sealed record Authenticate(ReadOnlyMemory<byte> Tag, ReadOnlyMemory<byte> Mechanism, ReadOnlyMemory<byte>? InitialResponse) : ImapRequest(Tag)
    {
        /// <inheritdoc/>
        public override string ToString() => nameof(Authenticate);
    }

    /// <summary>LOGIN (RFC 3501 §6.2.3).</summary>
    public sealed record Login(ReadOnlyMemory<byte> Tag, ReadOnlyMemory<byte> User, ReadOnlyMemory<byte> Password) : ImapRequest(Tag)
    {
        /// <inheritdoc/>
        public override string ToString() => nameof(Login);
    }

    /// <summary>ENABLE (RFC 5161).</summary>
    public sealed record Enable(ReadOnlyMemory<byte> Tag, IReadOnlyList<ReadOnlyMemory<byte>> Capabilities) : ImapRequest(Tag);

    /// <summary>COMPRESS (RFC 4978 §3).</summary>
    public sealed record Compress(ReadOnlyMemory<byte> Tag, ReadOnlyMemory<byte> Mechanism) : ImapRequest(Tag);

    /// <summary>ID (RFC 2971): field and value in turn; empty for NIL.</summary>
    public sealed record Id(ReadOnlyMemory<byte> Tag, IReadOnlyList<ReadOnlyMemory<byte>?> Pairs) : ImapRequest(Tag);

    /// <summary>SELECT and EXAMINE (RFC 3501 §6.3.1, §6.3.2), with the parameters of RFC 7162.</summary>
    public sealed record Select(ReadOnlyMemory<byte> Tag, ReadOnlyMemory<byte> Mailbox, bool IsExamine) : ImapRequest(Tag)
    {
        /// <summary>Whether CONDSTORE is among the parameters (RFC 7162 §3.1.8).</summary>
        public bool IsCondStore { get; init; }

        /// <summary>What QRESYNC says, or null (RFC 7162 §3.2.5).</summary>
        public ResyncParameter? Resync { get; init; }
    }

    /// <summary>CREATE (RFC 3501 §6.3.3), with the special uses of RFC 6154 §5.2, backslash included.</summary>
    public sealed record Create(ReadOnlyMemory<byte> Tag, ReadOnlyMemory<byte> Mailbox, IReadOnlyList<ReadOnlyMemory<byte>> Uses) : ImapRequest(Tag);

    /// <summary>DELETE, SUBSCRIBE, UNSUBSCRIBE, GETQUOTAROOT, GETQUOTA: commands on one name.</summary>
    public sealed record OnMailbox(ReadOnlyMemory<byte> Tag, MailboxCommand Command, ReadOnlyMemory<byte> Mailbox) : ImapRequest(Tag);

    /// <summary>RENAME (RFC 3501 §6.3.5).</summary>
    public sealed record Rename(ReadOnlyMemory<byte> Tag, ReadOnlyMemory<byte> From, ReadOnlyMemory<byte> To) : ImapRequest(Tag);

    /// <summary>LIST (RFC 3501 §6.3.8), with the options of RFC 5258, RFC 6154 and RFC 5819.</summary>
    public sealed record List(ReadOnlyMemory<byte> Tag, ReadOnlyMemory<byte> Reference, IReadOnlyList<ReadOnlyMemory<byte>> Patterns) : ImapRequest(Tag)
    {
        /// <summary>Whether the command has options or several patterns: the answers may then be of the extended kind (RFC 5258 §3).</summary>
        public bool IsExtended { get; init; }

        /// <summary>The selection and return options.</summary>
        public ListOptions Options { get; init; }

        /// <summary>What RETURN (STATUS (...)) asks for; empty for nothing.</summary>
        public IReadOnlyList<StatusItem> StatusItems { get; init; } = [];

        /// <summary>What RETURN (METADATA (...)) asks for (RFC 9590); empty for nothing.</summary>
        public IReadOnlyList<string> MetadataEntries { get; init; } = [];
    }

    /// <summary>LSUB (RFC 3501 §6.3.9).</summary>
    public sealed record Lsub(ReadOnlyMemory<byte> Tag, ReadOnlyMemory<byte> Reference, ReadOnlyMemory<byte> Pattern) : ImapRequest(Tag);

    /// <summary>STATUS (RFC 3501 §6.3.10).</summary>
    public sealed record Status(ReadOnlyMemory<byte> Tag, ReadOnlyMemory<byte> Mailbox, IReadOnlyList<StatusItem> Items) : ImapRequest(Tag);

    /// <summary>APPEND or REPLACE of URLs alone (RFC 4469 §3): its octets are an <see cref="AppendRequest"/>.</summary>
    public sealed record Append(ReadOnlyMemory<byte> Tag) : ImapRequest(Tag);

    /// <summary>GETMETADATA (RFC 5464 §4.2); an empty mailbox is the server.</summary>
    public sealed record GetMetadata(ReadOnlyMemory<byte> Tag, ReadOnlyMemory<byte> Mailbox, IReadOnlyList<string> Entries) : ImapRequest(Tag)
    {
        /// <summary>MAXSIZE: longer values are not wanted; null for all.</summary>
        public uint? MaxSize { get; init; }

        /// <summary>DEPTH: so many levels below an entry belong to it; <see cref="int.MaxValue"/> for all.</summary>
        public int Depth { get; init; }
    }

    /// <summary>SETMETADATA (RFC 5464 §4.3); a null value removes an entry.</summary>
    public sealed record SetMetadata(ReadOnlyMemory<byte> Tag, ReadOnlyMemory<byte> Mailbox, IReadOnlyList<(string Name, ReadOnlyMemory<byte>? Value)> Entries)
        : ImapRequest(Tag);

    /// <summary>EXPUNGE (RFC 3501 §6.4.3), or UID EXPUNGE with a set (RFC 4315 §2.1).</summary>
    public sealed record Expunge(ReadOnlyMemory<byte> Tag, IReadOnlyList<SequenceRange>? Uids) : ImapRequest(Tag);

    /// <summary>SEARCH (RFC 3501 §6.4.4), SORT and THREAD, which are searches with an order (RFC 5256 §3), and their UID forms.</summary>
    public sealed record Search(ReadOnlyMemory<byte> Tag, bool IsUid, SearchTerm Term) : ImapRequest(Tag)
    {
        /// <summary>What RETURN asks for (RFC 4731 §3.1); null without RETURN.</summary>
        public SearchReturn? Return { get; init; }

        /// <summary>Whether SEARCH names a charset (RFC 6855 §3 forbids it to some).</summary>
        public bool HasCharset { get; init; }

        /// <summary>Whether the charset is neither US-ASCII nor UTF-8: the texts cannot be read.</summary>
        public bool IsCharsetUnknown { get; init; }

        /// <summary>Whether a key depends on MODSEQ: the answer then has one (RFC 7162 §3.1.5).</summary>
        public bool HasModSeq { get; init; }

        /// <summary>Whether a key is FUZZY: only then is there a RELEVANCY (RFC 6203 §4).</summary>
        public bool HasFuzzy { get; init; }

        /// <summary>ESEARCH's mailboxes (RFC 7377 §2.2); null for SEARCH, which is of the open one.</summary>
        public IReadOnlyList<MailboxFilter>? Source { get; init; }

        /// <summary>SORT's criteria, the first counts most; empty for SEARCH (RFC 5256).</summary>
        public IReadOnlyList<SortCriterion> SortBy { get; init; } = [];

        /// <summary>THREAD's algorithm, or null (RFC 5256).</summary>
        public ThreadAlgorithm? Thread { get; init; }

        /// <summary>Whether a key holds sequence numbers: they must not shift before the answer (RFC 7162 §3.2.10.2).</summary>
        public bool HasSequences { get; init; }
    }

    /// <summary>CANCELUPDATE (RFC 5267 §4.3.5): the tags of searches.</summary>
    public sealed record CancelUpdate(ReadOnlyMemory<byte> Tag, IReadOnlyList<ReadOnlyMemory<byte>> Searches) : ImapRequest(Tag);

    /// <summary>FETCH and UID FETCH (RFC 3501 §6.4.5), with the modifiers of RFC 7162 and RFC 9394.</summary>
    public sealed record Fetch(ReadOnlyMemory<byte> Tag, bool IsUid, IReadOnlyList<SequenceRange> Messages, IReadOnlyList<FetchItem> Items) : ImapRequest(Tag)
    {
        /// <summary>CHANGEDSINCE (RFC 7162 §3.1.4.1), or null.</summary>
        public ulong? ChangedSince { get; init; }

        /// <summary>VANISHED (RFC 7162 §3.2.6).</summary>
        public bool IsVanished { get; init; }

        /// <summary>PARTIAL (RFC 9394 §3.2), or null.</summary>
        public ResultRange? Partial { get; init; }
    }

    /// <summary>STORE and UID STORE (RFC 3501 §6.4.6).</summary>
    public sealed record Store(ReadOnlyMemory<byte> Tag, bool IsUid, IReadOnlyList<SequenceRange> Messages, StoreMode Mode, bool IsSilent, FlagList Flags)
        : ImapRequest(Tag)
    {
        /// <summary>UNCHANGEDSINCE (RFC 7162 §3.1.3), or null.</summary>
        public ulong? UnchangedSince { get; init; }
    }

    /// <summary>COPY, MOVE and their UID forms (RFC 3501 §6.4.7, RFC 6851).</summary>
    public sealed record Copy(ReadOnlyMemory<byte> Tag, bool IsUid, bool IsMove, IReadOnlyList<SequenceRange> Messages, ReadOnlyMemory<byte> Mailbox)
        : ImapRequest(Tag);
}

/// <summary>Options of LIST (RFC 5258 §3.1, §3.2, RFC 6154 §2).</summary>
[Flags]
public enum ListOptions
{
    /// <summary>None.</summary>
    None = 0,
    /// <summary>Select SUBSCRIBED.</summary>
    SelectSubscribed = 1,
    /// <summary>Select REMOTE.</summary>
    SelectRemote = 2,
    /// <summary>Select RECURSIVEMATCH.</summary>
    SelectRecursive = 4,
    /// <summary>Select SPECIAL-USE.</summary>
    SelectSpecialUse = 8,
    /// <summary>Return SUBSCRIBED.</summary>
    ReturnSubscribed = 16,
    /// <summary>Return CHILDREN.</summary>
    ReturnChildren = 32,
    /// <summary>Return SPECIAL-USE.</summary>
    ReturnSpecialUse = 64,
}

/// <summary>Commands without arguments.</summary>
public enum SimpleCommand
{
    /// <summary>CAPABILITY.</summary>
    Capability,
    /// <summary>NOOP.</summary>
    Noop,
    /// <summary>LOGOUT.</summary>
    Logout,
    /// <summary>STARTTLS.</summary>
    StartTls,
    /// <summary>NAMESPACE (RFC 2342).</summary>
    Namespace,
    /// <summary>IDLE (RFC 2177).</summary>
    Idle,
    /// <summary>CHECK.</summary>
    Check,
    /// <summary>CLOSE.</summary>
    Close,
    /// <summary>UNSELECT (RFC 3691).</summary>
    Unselect,
    /// <summary>UNAUTHENTICATE (RFC 8437).</summary>
    Unauthenticate,
}

/// <summary>Commands on one name.</summary>
public enum MailboxCommand
{
    /// <summary>DELETE.</summary>
    Delete,
    /// <summary>SUBSCRIBE.</summary>
    Subscribe,
    /// <summary>UNSUBSCRIBE.</summary>
    Unsubscribe,
    /// <summary>GETQUOTAROOT (RFC 9208 §4.1.2).</summary>
    GetQuotaRoot,
    /// <summary>GETQUOTA (RFC 9208 §4.1.1): its name is a quota root.</summary>
    GetQuota,
}

/// <summary>Items of STATUS.</summary>
public enum StatusItem
{
    /// <summary>MESSAGES.</summary>
    Messages,
    /// <summary>RECENT.</summary>
    Recent,
    /// <summary>UIDNEXT.</summary>
    UidNext,
    /// <summary>UIDVALIDITY.</summary>
    UidValidity,
    /// <summary>UNSEEN.</summary>
    Unseen,
    /// <summary>SIZE (RFC 8438).</summary>
    Size,
    /// <summary>HIGHESTMODSEQ (RFC 7162 §3.1.7).</summary>
    HighestModSeq,
    /// <summary>MAILBOXID (RFC 8474 §4.3).</summary>
    MailboxId,
    /// <summary>APPENDLIMIT (RFC 7889 §3).</summary>
    AppendLimit,
    /// <summary>DELETED (RFC 9208 §4.1.4).</summary>
    Deleted,
    /// <summary>DELETED-STORAGE (RFC 9208 §4.1.4).</summary>
    DeletedStorage,
}

/// <summary>How STORE changes flags.</summary>
public enum StoreMode
{
    /// <summary><c>+FLAGS</c>.</summary>
    Add,
    /// <summary><c>-FLAGS</c>.</summary>
    Remove,
    /// <summary><c>FLAGS</c>.</summary>
    Replace,
}
