namespace MailServer.Storage;

/// <summary>A sequence-set made ready for many questions: clients name thousands of single numbers.</summary>
internal sealed class NumberSet
{
    private const uint Star = uint.MaxValue;

    private readonly uint[] _firsts;
    private readonly uint[] _lasts;
    private readonly NumberRange[] _open;

    public NumberSet(IReadOnlyList<NumberRange> ranges)
    {
        _open = [.. ranges.Where(range => range.First == Star || range.Last == Star)];
        var merged = new List<(uint First, uint Last)>();
        foreach (var (first, last) in ranges.Where(range => range.First != Star && range.Last != Star)
            .Select(range => (First: Math.Min(range.First, range.Last), Last: Math.Max(range.First, range.Last))).OrderBy(range => range.First))
        {
            if (merged.Count > 0 && first <= merged[^1].Last)
                merged[^1] = (merged[^1].First, Math.Max(merged[^1].Last, last));
            else
                merged.Add((first, last));
        }

        _firsts = [.. merged.Select(range => range.First)];
        _lasts = [.. merged.Select(range => range.Last)];
    }

    /// <summary>Whether a number is in the set; <c>*</c> stands for <paramref name="greatest"/>, so that <c>9999:*</c> holds the last message (RFC 3501 §9).</summary>
    public bool Contains(uint number, uint greatest)
    {
        var found = Array.BinarySearch(_firsts, number);
        if (found >= 0 || (~found > 0 && number <= _lasts[~found - 1]))
            return true;
        foreach (var range in _open)
        {
            var (first, last) = (range.First == Star ? greatest : range.First, range.Last == Star ? greatest : range.Last);
            if (number >= Math.Min(first, last) && number <= Math.Max(first, last))
                return true;
        }

        return false;
    }
}
