using System.Buffers;
using System.Buffers.Text;

namespace MailServer.Wire.Imap;

/// <summary><c>sequence-set</c> (RFC 9051 §9): sequence numbers or UIDs, as the command says.</summary>
public static class SequenceSet
{
    // Ten digits of a uint, twice, with colon and comma.
    private const int MaxRangeOctets = 22;

    /// <summary>Reads <c>sequence-set = (seq-number / seq-range) *("," (seq-number / seq-range))</c>; false when the text holds anything else.</summary>
    public static bool TryRead(ReadOnlySpan<byte> text, out IReadOnlyList<SequenceRange> ranges)
    {
        var list = new List<SequenceRange>(Math.Min(text.Count((byte)',') + 1, GrammarLimits.Ranges));
        ranges = list;
        while (true)
        {
            if (list.Count == GrammarLimits.Ranges || !TryReadNumber(ref text, out var first))
                return false;
            var last = first;
            if (text is [(byte)':', ..])
            {
                text = text[1..];
                if (!TryReadNumber(ref text, out last))
                    return false;
            }

            list.Add(new(first, last));
            if (text.IsEmpty)
                return true;
            if (text[0] != (byte)',')
                return false;
            text = text[1..];
        }
    }

    /// <summary>Writes numbers in the order given; neighbours that rise by one become a range (RFC 4315 §3: COPYUID keeps the order).</summary>
    public static void Write(IBufferWriter<byte> output, IReadOnlyList<uint> numbers)
    {
        for (var start = 0; start < numbers.Count;)
        {
            var end = start;
            while (end + 1 < numbers.Count && numbers[end + 1] == numbers[end] + 1)
                end++;

            var span = output.GetSpan(MaxRangeOctets);
            var length = 0;
            if (start > 0)
                span[length++] = (byte)',';
            Utf8Formatter.TryFormat(numbers[start], span[length..], out var written);
            length += written;
            if (end > start)
            {
                span[length++] = (byte)':';
                Utf8Formatter.TryFormat(numbers[end], span[length..], out written);
                length += written;
            }

            output.Advance(length);
            start = end + 1;
        }
    }

    /// <summary>Reads <c>seq-number = nz-number / "*"</c>.</summary>
    private static bool TryReadNumber(ref ReadOnlySpan<byte> text, out uint number)
    {
        if (text is [(byte)'*', ..])
        {
            number = SequenceRange.Star;
            text = text[1..];
            return true;
        }

        number = 0;
        if (text.IsEmpty || text[0] is < (byte)'1' or > (byte)'9' || !Utf8Parser.TryParse(text, out number, out int consumed))
            return false;
        text = text[consumed..];

        // The greatest number is written 4294967295 too, but it is not *: as one less it is still above every UID in use.
        number = Math.Min(number, SequenceRange.Star - 1);
        return true;
    }
}
