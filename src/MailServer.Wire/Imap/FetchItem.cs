namespace MailServer.Wire.Imap;

/// <summary>Names of FETCH's data items (RFC 3501 §6.4.5).</summary>
public enum FetchName
{
    /// <summary>UID.</summary>
    Uid,
    /// <summary>FLAGS.</summary>
    Flags,
    /// <summary>INTERNALDATE.</summary>
    InternalDate,
    /// <summary>RFC822.SIZE.</summary>
    Rfc822Size,
    /// <summary>ENVELOPE.</summary>
    Envelope,
    /// <summary>BODY without a section: the structure without extension data.</summary>
    Body,
    /// <summary>BODYSTRUCTURE.</summary>
    BodyStructure,
    /// <summary>BODY[...].</summary>
    BodySection,
    /// <summary>RFC822: BODY[] under an old name.</summary>
    Rfc822,
    /// <summary>RFC822.HEADER: BODY.PEEK[HEADER] under an old name.</summary>
    Rfc822Header,
    /// <summary>RFC822.TEXT: BODY[TEXT] under an old name.</summary>
    Rfc822Text,
    /// <summary>MODSEQ (RFC 7162 §3.1.4.2).</summary>
    ModSeq,
    /// <summary>EMAILID (RFC 8474 §5.1).</summary>
    EmailId,
    /// <summary>THREADID (RFC 8474 §5.2).</summary>
    ThreadId,
    /// <summary>SAVEDATE (RFC 8514 §4.2).</summary>
    SaveDate,
    /// <summary>BINARY[...] (RFC 3516 §4.2).</summary>
    Binary,
    /// <summary>BINARY.SIZE[...] (RFC 3516 §4.2).</summary>
    BinarySize,
    /// <summary>PREVIEW (RFC 8970 §3).</summary>
    Preview,
    /// <summary>PREVIEW (LAZY) (RFC 8970 §4.1).</summary>
    LazyPreview,
}

/// <summary>A range of octets, <c>&lt;offset.length&gt;</c>.</summary>
/// <param name="Offset">The first octet.</param>
/// <param name="Length">How many at most; never 0.</param>
public readonly record struct PartialRange(long Offset, long Length);

/// <summary><c>fetch-att</c> (RFC 9051 §9).</summary>
/// <param name="Name">Which.</param>
/// <param name="Section">The section, for those that have one.</param>
/// <param name="IsPeek">Whether <c>\Seen</c> stays as it is.</param>
/// <param name="Partial">The range asked for, or null for all.</param>
public sealed record FetchItem(FetchName Name, BodySection? Section = null, bool IsPeek = true, PartialRange? Partial = null)
{
    /// <summary>UID.</summary>
    public static FetchItem Uid { get; } = new(FetchName.Uid);

    /// <summary>FLAGS.</summary>
    public static FetchItem Flags { get; } = new(FetchName.Flags);

    /// <summary>INTERNALDATE.</summary>
    public static FetchItem InternalDate { get; } = new(FetchName.InternalDate);

    /// <summary>RFC822.SIZE.</summary>
    public static FetchItem Rfc822Size { get; } = new(FetchName.Rfc822Size);

    /// <summary>ENVELOPE.</summary>
    public static FetchItem Envelope { get; } = new(FetchName.Envelope);

    /// <summary>BODY.</summary>
    public static FetchItem Body { get; } = new(FetchName.Body);

    /// <summary>BODYSTRUCTURE.</summary>
    public static FetchItem BodyStructure { get; } = new(FetchName.BodyStructure);

    /// <summary>MODSEQ.</summary>
    public static FetchItem ModSeq { get; } = new(FetchName.ModSeq);

    /// <summary>EMAILID.</summary>
    public static FetchItem EmailId { get; } = new(FetchName.EmailId);

    /// <summary>THREADID.</summary>
    public static FetchItem ThreadId { get; } = new(FetchName.ThreadId);

    /// <summary>SAVEDATE.</summary>
    public static FetchItem SaveDate { get; } = new(FetchName.SaveDate);

    /// <summary>PREVIEW.</summary>
    public static FetchItem Preview { get; } = new(FetchName.Preview);

    /// <summary>PREVIEW (LAZY).</summary>
    public static FetchItem LazyPreview { get; } = new(FetchName.LazyPreview);

    /// <summary>RFC822.</summary>
    public static FetchItem Rfc822 { get; } = new(FetchName.Rfc822, BodySection.Whole, IsPeek: false);

    /// <summary>RFC822.HEADER.</summary>
    public static FetchItem Rfc822Header { get; } = new(FetchName.Rfc822Header, BodySection.MessageHeader);

    /// <summary>RFC822.TEXT.</summary>
    public static FetchItem Rfc822Text { get; } = new(FetchName.Rfc822Text, BodySection.MessageText, IsPeek: false);
}
