namespace MailServer.Wire.Imap;

/// <summary>A set of UIDs as ascending ranges, none touching another: small where messages come and go together.</summary>
/// <param name="ascending">What it holds at first, in such ranges.</param>
public sealed class UidSet(IEnumerable<SequenceRange> ascending)
{
    private readonly List<SequenceRange> _ranges = [.. ascending];

    /// <summary>What it holds.</summary>
    public IReadOnlyList<SequenceRange> Ranges => _ranges;

    /// <summary>Whether a UID is in it.</summary>
    public bool Contains(uint uid) => Find(uid) is var at && at < _ranges.Count && _ranges[at].First <= uid;

    /// <summary>Puts a UID in.</summary>
    public void Add(uint uid)
    {
        var at = Find(uid);
        if (at < _ranges.Count && _ranges[at].First <= uid)
            return;
        var first = at > 0 && _ranges[at - 1].Last + 1 == uid ? _ranges[at - 1].First : uid;
        var last = at < _ranges.Count && _ranges[at].First == uid + 1 ? _ranges[at].Last : uid;
        Replace(first < uid ? at - 1 : at, last > uid ? at + 1 : at, [new(first, last)]);
    }

    /// <summary>Takes a UID out.</summary>
    public void Remove(uint uid)
    {
        var at = Find(uid);
        if (at == _ranges.Count || _ranges[at].First > uid)
            return;
        var (first, last) = _ranges[at];
        SequenceRange[] rest = [.. first < uid ? [new SequenceRange(first, uid - 1)] : Array.Empty<SequenceRange>(), .. last > uid ? [new SequenceRange(uid + 1, last)] : Array.Empty<SequenceRange>()];
        Replace(at, at + 1, rest);
    }

    private void Replace(int from, int to, SequenceRange[] with)
    {
        _ranges.RemoveRange(from, to - from);
        _ranges.InsertRange(from, with);
    }

    // The first range that does not end below.
    private int Find(uint uid)
    {
        var (low, high) = (0, _ranges.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (_ranges[middle].Last < uid)
                low = middle + 1;
            else
                high = middle;
        }

        return low;
    }
}
