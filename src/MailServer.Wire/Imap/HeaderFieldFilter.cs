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
    // RFC 5322 §2.1.1: a line has at most 998 characters; no field of that length is asked for.
    private const int MaxName = 998;

    private enum Place
    {
        LineStart,
        Name,
        Rest,
    }

    private readonly List<(long Offset, long Length)> _kept = [];
    private readonly byte[] _name = new byte[MaxName];
    private int _nameLength;
    private long _position;
    private long _lineStart;
    private Place _place;
    private bool _keeps;

    /// <summary>Offsets and lengths from the header's start, ascending, neighbours as one.</summary>
    public IReadOnlyList<(long Offset, long Length)> Kept => _kept;

    /// <summary>Whether the empty line has come.</summary>
    public bool IsComplete { get; private set; }

    /// <summary>Takes the next octets of the header.</summary>
    public void Add(ReadOnlySpan<byte> octets)
    {
        foreach (var c in octets)
        {
            if (IsComplete)
                return;
            _position++;
            Add(c);
        }
    }

    /// <summary>The header is over: a last line without an end counts too.</summary>
    public void Finish()
    {
        if (_place != Place.LineStart && !IsComplete)
            EndLine();
    }

    private void Add(byte c)
    {
        if (_place == Place.LineStart)
        {
            _lineStart = _position - 1;
            if (c is (byte)' ' or (byte)'\t')
            {
                // Folded: it belongs to the field above.
                _place = Place.Rest;
                return;
            }

            (_place, _nameLength, _keeps) = (Place.Name, 0, isNot);
        }

        if (c == (byte)'\n')
        {
            EndLine();
        }
        else if (_place == Place.Name)
        {
            if (c == (byte)':')
                (_place, _keeps) = (Place.Rest, IsNamed() != isNot);
            else if (_nameLength < MaxName)
                _name[_nameLength++] = c;
        }
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
