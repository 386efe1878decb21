namespace MailServer.Wire.Imap;

/// <summary>What SORT goes by (RFC 5256 §3, RFC 5957 §4); named as in the protocol.</summary>
public enum SortKey
{
    /// <summary>The internal date and time.</summary>
    Arrival,
    /// <summary>The mailbox of the first Cc address.</summary>
    Cc,
    /// <summary>The sent date and time.</summary>
    Date,
    /// <summary>The mailbox of the first From address.</summary>
    From,
    /// <summary>The size.</summary>
    Size,
    /// <summary>The base subject.</summary>
    Subject,
    /// <summary>The mailbox of the first To address.</summary>
    To,
    /// <summary>The name of the first From address as it is shown.</summary>
    DisplayFrom,
    /// <summary>The name of the first To address as it is shown.</summary>
    DisplayTo,
    /// <summary>How well a FUZZY key matches, the best first (RFC 6203 §6).</summary>
    Relevancy,
}

/// <summary><c>sort-criterion = ["REVERSE" SP] sort-key</c>.</summary>
/// <param name="Key">What it goes by.</param>
/// <param name="IsReverse">Whether the greatest comes first.</param>
public readonly record struct SortCriterion(SortKey Key, bool IsReverse);

/// <summary>How THREAD puts messages together (RFC 5256 §3).</summary>
public enum ThreadAlgorithm
{
    /// <summary>By base subject and date.</summary>
    OrderedSubject,
    /// <summary>By what answers what.</summary>
    References,
}
