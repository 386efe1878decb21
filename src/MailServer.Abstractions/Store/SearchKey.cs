namespace MailServer;

/// <summary>A search key, RFC 9051 §6.4.4. Texts are decoded; they match without case anywhere within the decoded field or part.</summary>
public abstract record SearchKey
{
    /// <summary>Depth of nested keys: what clients send stays below ten, and evaluation recurses.</summary>
    public const int MaxDepth = 50;

    private SearchKey() { }

    /// <summary>ALL.</summary>
    public sealed record All : SearchKey;

    /// <summary>All of the keys match.</summary>
    public sealed record And(IReadOnlyList<SearchKey> Keys) : SearchKey;

    /// <summary>OR.</summary>
    public sealed record Or(SearchKey Left, SearchKey Right) : SearchKey;

    /// <summary>NOT.</summary>
    public sealed record Not(SearchKey Key) : SearchKey;

    /// <summary>A system flag is set: SEEN, ANSWERED, FLAGGED, DELETED, DRAFT.</summary>
    public sealed record Flag(SystemFlags Value) : SearchKey;

    /// <summary>KEYWORD.</summary>
    public sealed record Keyword(string Name) : SearchKey;

    /// <summary>RECENT.</summary>
    public sealed record Recent : SearchKey;

    /// <summary>Sequence numbers of the view.</summary>
    public sealed record Sequences(IReadOnlyList<NumberRange> Ranges) : SearchKey;

    /// <summary>UID.</summary>
    public sealed record Uids(IReadOnlyList<NumberRange> Ranges) : SearchKey;

    /// <summary>LARGER: strictly more octets.</summary>
    public sealed record Larger(long Octets) : SearchKey;

    /// <summary>SMALLER: strictly fewer octets.</summary>
    public sealed record Smaller(long Octets) : SearchKey;

    /// <summary>BEFORE, ON, SINCE by INTERNALDATE, without regard to time and zone.</summary>
    public sealed record Received(DateComparison Comparison, DateOnly Date) : SearchKey;

    /// <summary>YOUNGER (RFC 5032): received at this instant or later.</summary>
    public sealed record Younger(DateTimeOffset Since) : SearchKey;

    /// <summary>SENTBEFORE, SENTON, SENTSINCE by the Date field, without regard to time and zone.</summary>
    public sealed record Sent(DateComparison Comparison, DateOnly Date) : SearchKey;

    /// <summary>HEADER, and FROM, TO, CC, BCC, SUBJECT as their field names. An empty text asks whether the field is there.</summary>
    public sealed record Header(string Name, string Value) : SearchKey;

    /// <summary>BODY.</summary>
    public sealed record Body(string Value) : SearchKey;

    /// <summary>TEXT: header or body.</summary>
    public sealed record Text(string Value) : SearchKey;

    /// <summary>MODSEQ (RFC 7162 §3.1.5): at or above.</summary>
    public sealed record ModSeq(ulong Value) : SearchKey;
}

/// <summary>How a date compares.</summary>
public enum DateComparison
{
    /// <summary>Earlier than the date.</summary>
    Before,
    /// <summary>Within the date.</summary>
    On,
    /// <summary>Within the date or later.</summary>
    Since,
}

/// <summary>A range of a sequence-set (RFC 9051 §9), ends included, in any order. <see cref="uint.MaxValue"/> is <c>*</c>, the greatest number in use.</summary>
/// <param name="First">One end.</param>
/// <param name="Last">The other end.</param>
public readonly record struct NumberRange(uint First, uint Last);
