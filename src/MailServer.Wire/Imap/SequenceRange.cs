namespace MailServer.Wire.Imap;

/// <summary><c>seq-range / seq-number</c> (RFC 9051 §9), ends included, in any order. <see cref="Star"/> stands for <c>*</c>.</summary>
/// <param name="First">One end.</param>
/// <param name="Last">The other end.</param>
public readonly record struct SequenceRange(uint First, uint Last)
{
    /// <summary><c>*</c>: the greatest number in use.</summary>
    public const uint Star = uint.MaxValue;

    /// <summary><c>$</c>, what the last search saved (RFC 5182 §2.1): a set of its own, which no numbers make.</summary>
    public static SequenceRange SearchResult { get; }

    /// <summary>Puts <paramref name="greatest"/> in place of <c>*</c> and the smaller end first: <c>5:*</c> with greatest 3 is 3:5 (RFC 9051 §9).</summary>
    public SequenceRange Resolve(uint greatest)
    {
        var first = First == Star ? greatest : First;
        var last = Last == Star ? greatest : Last;
        return first <= last ? new(first, last) : new(last, first);
    }
}
