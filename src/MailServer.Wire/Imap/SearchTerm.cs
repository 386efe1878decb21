namespace MailServer.Wire.Imap;

/// <summary>The words of SEARCH (RFC 3501 §6.4.4).</summary>
public enum SearchWord
{
    /// <summary>All of <see cref="SearchTerm.Terms"/> match: a list in parentheses.</summary>
    And,
    /// <summary>OR: either of two terms.</summary>
    Or,
    /// <summary>NOT: the one term does not match.</summary>
    Not,
    /// <summary>FUZZY: the one term matches, or nearly (RFC 6203 §3).</summary>
    Fuzzy,
    /// <summary>A sequence set.</summary>
    Sequence,
    /// <summary>UID with a set.</summary>
    Uid,
    /// <summary>ALL.</summary>
    All,
    /// <summary>ANSWERED.</summary>
    Answered,
    /// <summary>DELETED.</summary>
    Deleted,
    /// <summary>DRAFT.</summary>
    Draft,
    /// <summary>FLAGGED.</summary>
    Flagged,
    /// <summary>NEW: recent and unseen.</summary>
    New,
    /// <summary>OLD: not recent.</summary>
    Old,
    /// <summary>RECENT.</summary>
    Recent,
    /// <summary>SEEN.</summary>
    Seen,
    /// <summary>UNANSWERED.</summary>
    Unanswered,
    /// <summary>UNDELETED.</summary>
    Undeleted,
    /// <summary>UNDRAFT.</summary>
    Undraft,
    /// <summary>UNFLAGGED.</summary>
    Unflagged,
    /// <summary>UNSEEN.</summary>
    Unseen,
    /// <summary>KEYWORD with a flag.</summary>
    Keyword,
    /// <summary>UNKEYWORD with a flag.</summary>
    Unkeyword,
    /// <summary>BCC with a text.</summary>
    Bcc,
    /// <summary>BODY with a text.</summary>
    Body,
    /// <summary>CC with a text.</summary>
    Cc,
    /// <summary>FROM with a text.</summary>
    From,
    /// <summary>SUBJECT with a text.</summary>
    Subject,
    /// <summary>TEXT with a text.</summary>
    Text,
    /// <summary>TO with a text.</summary>
    To,
    /// <summary>HEADER with a field name and a text.</summary>
    Header,
    /// <summary>BEFORE with a date.</summary>
    Before,
    /// <summary>ON with a date.</summary>
    On,
    /// <summary>SINCE with a date.</summary>
    Since,
    /// <summary>SENTBEFORE with a date.</summary>
    SentBefore,
    /// <summary>SENTON with a date.</summary>
    SentOn,
    /// <summary>SENTSINCE with a date.</summary>
    SentSince,
    /// <summary>LARGER with a number.</summary>
    Larger,
    /// <summary>SMALLER with a number.</summary>
    Smaller,
    /// <summary>OLDER with seconds (RFC 5032 §3).</summary>
    Older,
    /// <summary>YOUNGER with seconds (RFC 5032 §3).</summary>
    Younger,
    /// <summary>MODSEQ with a number (RFC 7162 §3.1.5).</summary>
    ModSeq,
    /// <summary>EMAILID with an id (RFC 8474 §6).</summary>
    EmailId,
    /// <summary>THREADID with an id (RFC 8474 §6).</summary>
    ThreadId,
    /// <summary>SAVEDBEFORE with a date (RFC 8514 §4.3).</summary>
    SavedBefore,
    /// <summary>SAVEDON with a date.</summary>
    SavedOn,
    /// <summary>SAVEDSINCE with a date.</summary>
    SavedSince,
    /// <summary>SAVEDATESUPPORTED.</summary>
    SaveDateSupported,
}

/// <summary>One <c>search-key</c> (RFC 9051 §9): its word, and the argument that the word takes.</summary>
public sealed record SearchTerm(SearchWord Word)
{
    /// <summary>The terms within AND, OR (two), NOT and FUZZY (one).</summary>
    public IReadOnlyList<SearchTerm> Terms { get; init; } = [];

    /// <summary>The text or keyword, in the charset of the search.</summary>
    public ReadOnlyMemory<byte> Text { get; init; }

    /// <summary>HEADER's field name.</summary>
    public ReadOnlyMemory<byte> Field { get; init; }

    /// <summary>The set of a sequence or UID term.</summary>
    public IReadOnlyList<SequenceRange> Ranges { get; init; } = [];

    /// <summary>The date.</summary>
    public DateOnly Date { get; init; }

    /// <summary>LARGER's, SMALLER's and MODSEQ's number; seconds of OLDER and YOUNGER.</summary>
    public long Number { get; init; }
}
