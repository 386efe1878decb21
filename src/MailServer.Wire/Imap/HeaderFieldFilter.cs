using System.Text;

namespace MailServer.Wire.Imap;

/// <summary>
/// Finds the fields that HEADER.FIELDS and HEADER.FIELDS.NOT ask for (RFC 9051 §6.4.5.1), as ranges of the header; it may come in pieces of any
/// size and is never held. The empty line that ends the header is always among the ranges, when it is there.
/// </summary>
/// <param name="names">The names asked for.</param>
/// <param name="isNot">Whether all others are wanted.</param>
public sealed class HeaderFieldFilter(IReadOnlyList<ReadOnlyMemory<byte>> names, bool isNot)
{
    private enum Place
    {
        LineStart,
        Name,
        Rest,
    }

    private readonly List<(long Offset, long Length)> _kept = [];

    // A name that is longer than all that are asked for is none of them; the rest is for blanks before the colon and a CR.
    private readonly byte[] _name = new byte[LongestOf(names) + 8];
    private int _nameLength;
    private long _position;
    private long _lineStart;
    private Place _place;
    private bool _keeps;
    private bool _isNameCut;

    /// <summary>Offsets and lengths from the header's start, ascending, neighbours as one.</summary>
    public IReadOnlyList<(long Offset, long Length)> Kept => _kept;

    /// <summary>Whether the empty line has come.</summary>
    public bool IsComplete { get; private set; }

    /// <summary>Takes the next octets of the header.</summary>
    public void Add(ReadOnlySpan<byte> octets)
    {
        while (!octets.IsEmpty && !IsComplete)
        {
            if (_place == Place.LineStart)
                StartLine(octets[0]);
            var taken = _place == Place.Name ? AddName(octets) : AddRest(octets);
            octets = octets[taken..];
        }
    }

    /// <summary>The header is over: a last line without an end counts too.</summary>
    public void Finish()
    {
        if (_place != Place.LineStart && !IsComplete)
            EndLine();
    }

    private static int LongestOf(IReadOnlyList<ReadOnlyMemory<byte>> names)
    {
        var longest = 0;
        foreach (var name in names)
            longest = Math.Max(longest, name.Length);
        return longest;
    }

    private void StartLine(byte first)
    {
        _lineStart = _position;

        // A line that begins with a blank is folded: it belongs to the field above.
        if (first is (byte)' ' or (byte)'\t')
            _place = Place.Rest;
        else
            (_place, _nameLength, _isNameCut, _keeps) = (Place.Name, 0, false, isNot);
    }

    private int AddName(ReadOnlySpan<byte> octets)
    {
        var end = octets.IndexOfAny((byte)':', (byte)'\n');
        var name = end < 0 ? octets : octets[..end];
        var fits = Math.Min(name.Length, _name.Length - _nameLength);
        name[..fits].CopyTo(_name.AsSpan(_nameLength));
        _nameLength += fits;
        _isNameCut |= fits < name.Length;
        if (end < 0)
        {
            _position += octets.Length;
            return octets.Length;
        }

        _position += end + 1;
        if (octets[end] == (byte)':')
            (_place, _keeps) = (Place.Rest, IsNamed() != isNot);
        else
            EndLine();
        return end + 1;
    }

    private int AddRest(ReadOnlySpan<byte> octets)
    {
        var end = octets.IndexOf((byte)'\n');
        var taken = end < 0 ? octets.Length : end + 1;
        _position += taken;
        if (end >= 0)
            EndLine();
        return taken;
    }

    private void EndLine()
    {
        var isEmpty = _place == Place.Name && (_nameLength == 0 || (_nameLength == 1 && _name[0] == (byte)'\r'));
        if (isEmpty || _keeps)
            Keep(_lineStart, _position - _lineStart);
        IsComplete = isEmpty;
        _place = Place.LineStart;
    }

    private bool IsNamed()
    {
        if (_isNameCut)
            return false;

        // RFC 5322 §4.5.2 allows blanks before the colon in old messages.
        var name = _name.AsSpan(0, _nameLength).TrimEnd(" \t"u8);
        foreach (var wanted in names)
            if (Ascii.EqualsIgnoreCase(name, wanted.Span))
                return true;
        return false;
    }

    private void Keep(long offset, long length)
    {
        if (_kept is [.., var last] && last.Offset + last.Length == offset)
            _kept[^1] = (last.Offset, last.Length + length);
        else
            _kept.Add((offset, length));
    }
}
