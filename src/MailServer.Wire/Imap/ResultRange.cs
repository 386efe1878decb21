namespace MailServer.Wire.Imap;

/// <summary>A page of results: <c>partial-range</c> (RFC 9394 §4), places from 1, both ends included.</summary>
/// <param name="First">The lesser place.</param>
/// <param name="Last">The greater place.</param>
/// <param name="FromEnd">Whether places count from the last result backwards: <c>-1:-100</c>.</param>
public readonly record struct ResultRange(uint First, uint Last, bool FromEnd)
{
    /// <summary>The places of so many results that the page holds, from 0; the end is not included.</summary>
    public (int Start, int End) Within(int count)
    {
        var (first, last) = ((int)Math.Min(First - 1, (uint)count), (int)Math.Min(Last, (uint)count));
        return FromEnd ? (count - last, count - first) : (first, last);
    }

    /// <summary>Reads <c>nz-number ":" nz-number / MINUS nz-number ":" MINUS nz-number</c>.</summary>
    internal static bool TryRead(ref Cursor cursor, out ResultRange range)
    {
        range = default;
        var isFromEnd = cursor.TrySkip('-');
        if (!cursor.TryReadNumber(out var first) || first == 0 || !cursor.TrySkip(':') || cursor.TrySkip('-') != isFromEnd
            || !cursor.TryReadNumber(out var last) || last == 0)
            return false;
        range = new(Math.Min(first, last), Math.Max(first, last), isFromEnd);
        return true;
    }
}
