using System.Buffers;
using System.Text;
using MailServer.Wire.Imap;

namespace MailServer.Plugins.Imap.Commands;

/// <summary>A sequence set or UID set as ascending ranges of the view's sequence numbers, none twice.</summary>
internal sealed class MessageSet
{
    private readonly List<(int First, int Last)> _ranges = [];

    /// <summary>RFC 3501 §9: a sequence number above the last is an error of the client's.</summary>
    public static Completion Invalid { get; } = Completion.Bad("No such message");

    /// <summary>RFC 2180 §4.1.2, RFC 5530: the others were answered.</summary>
    public static Completion SomeAreGone { get; } = Completion.No("EXPUNGEISSUED", "Some of the messages are gone");

    /// <summary>False when a sequence number is not in the view; UIDs that do not exist are passed over (RFC 3501 §6.4.8).</summary>
    public static bool TryResolve(ImapSession session, IFolderView view, IReadOnlyList<SequenceRange> ranges, bool isUid, out MessageSet set)
    {
        set = new();

        // $ names messages, whichever kind of number the command takes (RFC 5182 §2.1).
        if (ranges is [var only] && only == SequenceRange.SearchResult)
            (ranges, isUid) = (session.SavedUids, true);
        var greatest = isUid ? view.Count == 0 ? 0 : view.UidAt(view.Count) : (uint)view.Count;
        foreach (var range in ranges)
        {
            var (first, last) = range.Resolve(greatest);
            if (!isUid && (first == 0 || last > view.Count))
                return false;
            var from = isUid ? view.FirstSequenceFrom(first) : (int)first;
            var to = !isUid ? (int)last : last >= greatest ? view.Count : view.FirstSequenceFrom(last + 1) - 1;
            if (from <= to)
                set._ranges.Add((from, to));
        }

        set.Merge();
        return true;
    }

    public List<int> ToList()
    {
        var list = new List<int>(_ranges.Sum(range => range.Last - range.First + 1));
        foreach (var (first, last) in _ranges)
            for (var sequence = first; sequence <= last; sequence++)
                list.Add(sequence);
        return list;
    }

    /// <summary>Keeps those that a test lets pass.</summary>
    public void Keep(Func<int, bool> test)
    {
        var kept = NumberRanges.Of(ToList().Where(test).Select(sequence => (uint)sequence));
        _ranges.Clear();
        _ranges.AddRange(kept.Select(range => ((int)range.First, (int)range.Last)));
    }

    /// <summary>Keeps a page (RFC 9394 §3.2).</summary>
    public void Keep(ResultRange page)
    {
        var all = ToList();
        var (start, end) = page.Within(all.Count);
        var kept = all[start..end].ToHashSet();
        Keep(kept.Contains);
    }

    /// <summary>Numbers as a set in a response code.</summary>
    public static string TextOf(IEnumerable<uint> numbers)
    {
        var output = new ArrayBufferWriter<byte>();
        SequenceSet.Write(output, [.. numbers]);
        return Encoding.ASCII.GetString(output.WrittenSpan);
    }

    /// <summary>The numbers in pieces of at most so many.</summary>
    public IEnumerable<(int First, int Last)> Blocks(int size)
    {
        foreach (var (first, last) in _ranges)
            for (var start = first; start <= last; start += size)
                yield return (start, Math.Min(last, start + size - 1));
    }

    private void Merge()
    {
        if (_ranges.Count < 2)
            return;
        _ranges.Sort();
        var kept = 0;
        for (var i = 1; i < _ranges.Count; i++)
        {
            var (first, last) = _ranges[i];
            if (first <= _ranges[kept].Last + 1)
                _ranges[kept] = (_ranges[kept].First, Math.Max(_ranges[kept].Last, last));
            else
                _ranges[++kept] = (first, last);
        }

        _ranges.RemoveRange(kept + 1, _ranges.Count - kept - 1);
    }
}
