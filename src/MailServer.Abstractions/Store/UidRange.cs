namespace MailServer;

/// <summary>UIDs from the first to the last one.</summary>
/// <param name="First">The first.</param>
/// <param name="Last">The last; equal to the first for one UID.</param>
public readonly record struct UidRange(uint First, uint Last)
{
    /// <summary>The ranges of UIDs in ascending order.</summary>
    public static IReadOnlyList<UidRange> Of(IEnumerable<uint> ascending)
    {
        ArgumentNullException.ThrowIfNull(ascending);
        List<UidRange> ranges = [];
        foreach (var uid in ascending)
            if (ranges.Count > 0 && ranges[^1].Last + 1 == uid)
                ranges[^1] = ranges[^1] with { Last = uid };
            else
                ranges.Add(new(uid, uid));
        return ranges;
    }

    /// <summary>The ranges between UIDs in ascending order, from 1 to the last before <paramref name="next"/>.</summary>
    public static IReadOnlyList<UidRange> Gaps(IEnumerable<uint> ascending, uint next)
    {
        ArgumentNullException.ThrowIfNull(ascending);
        List<UidRange> gaps = [];
        var from = 1u;
        foreach (var uid in ascending)
        {
            if (uid > from)
                gaps.Add(new(from, uid - 1));
            from = uid + 1;
        }

        if (next > from)
            gaps.Add(new(from, next - 1));
        return gaps;
    }
}
