using MailServer.Wire.Imap;

namespace MailServer.Plugins.Imap;

/// <summary>Numbers as ranges.</summary>
internal static class NumberRanges
{
    /// <summary>In the order given; neighbours that rise by one become a range.</summary>
    public static List<SequenceRange> Of(IEnumerable<uint> numbers)
    {
        var ranges = new List<SequenceRange>();
        foreach (var number in numbers)
            if (ranges.Count > 0 && ranges[^1].Last + 1 == number)
                ranges[^1] = new(ranges[^1].First, number);
            else
                ranges.Add(new(number, number));
        return ranges;
    }

    /// <summary>What ascending ranges, none touching another, share with ranges in any order.</summary>
    public static List<SequenceRange> Among(IReadOnlyList<UidRange> ascending, IReadOnlyList<SequenceRange> others)
    {
        var sorted = others.OrderBy(range => range.First).ToList();
        var shared = new List<SequenceRange>();
        var (i, from) = (0, 0u);
        foreach (var range in sorted)
        {
            // Where the others overlap, each number is taken once.
            var first = Math.Max(range.First, from);
            while (i < ascending.Count && ascending[i].Last < first)
                i++;
            for (var j = i; j < ascending.Count && ascending[j].First <= range.Last; j++)
                shared.Add(new(Math.Max(ascending[j].First, first), Math.Min(ascending[j].Last, range.Last)));
            from = Math.Max(from, range.Last == uint.MaxValue ? range.Last : range.Last + 1);
        }

        shared.RemoveAll(range => range.First > range.Last);
        return shared;
    }
}
