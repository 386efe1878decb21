namespace MailServer.Storage;

/// <summary>
/// Writes an address field as ENVELOPE has it (RFC 3501 §7.4.2). Reads RFC 5322 §3.4 and what else is found in mail: whatever it
/// meets, it goes on, and no octet is read twice.
/// </summary>
internal ref struct AddressWriter
{
    // A NIL host or mailbox would mark a group (RFC 3501 §7.4.2), so what is missing gets a name; clients know these two.
    private static ReadOnlySpan<byte> MissingMailbox => "MISSING_MAILBOX"u8;
    private static ReadOnlySpan<byte> MissingDomain => "MISSING_DOMAIN"u8;

    private readonly ReadOnlySpan<byte> _text;
    private readonly ImapText _out;
    private readonly List<byte> _words = [];
    private int _at;
    private int _count;
    private int _atSign = -1;
    private int _quotedTo;
    private bool _isGroup;
    private byte[]? _comment;

    private AddressWriter(ReadOnlySpan<byte> text, ImapText output)
    {
        _text = text;
        _out = output;
    }

    /// <summary>Writes the list, or NIL when the field holds no address.</summary>
    public static void Write(byte[]? field, ImapText output)
    {
        if (field is null || new AddressWriter(field, output).WriteAll() == 0)
            output.Nil();
    }

    private int WriteAll()
    {
        while (_at < _text.Length && _count < StructureLimits.Addresses)
        {
            var octet = _text[_at];
            switch (octet)
            {
                case (byte)',':
                    _at++;
                    Flush();
                    break;
                case (byte)';':
                    _at++;
                    Flush();
                    EndGroup();
                    break;
                case (byte)':' when !_isGroup && _atSign < 0:
                    _at++;
                    Begin().Nil().Raw(" NIL "u8).String([.. _words]).Raw(" NIL)"u8);
                    Clear();
                    _isGroup = true;
                    break;
                case (byte)'<':
                    Angle();
                    break;
                case (byte)'(':
                    _comment = Comment();
                    break;
                default:
                    Word();
                    break;
            }
        }

        Flush();
        EndGroup();
        if (_count > 0)
            _out.Raw(")"u8);
        return _count;
    }

    // One word of a phrase or a piece of an address: quotes go, one space stands for the white space before.
    private void Word()
    {
        var start = _at;
        while (_at < _text.Length && _text[_at] is (byte)' ' or (byte)'\t')
            _at++;
        if (_at == _text.Length)
            return;
        if (_at > start && _words.Count > 0 && _text[_at] is not ((byte)',' or (byte)';' or (byte)'<' or (byte)'(' or (byte)':'))
            _words.Add((byte)' ');

        switch (_text[_at])
        {
            case (byte)'"':
                Quoted(_words, (byte)'"');
                _quotedTo = _words.Count;
                break;
            case (byte)'[':
                while (_at < _text.Length && _text[_at] != (byte)']')
                    _words.Add(_text[_at++]);
                break;
            case (byte)'@':
                if (_atSign >= 0)
                    FlushFormer();
                _atSign = _words.Count;
                _words.Add(_text[_at++]);
                break;
            case (byte)',' or (byte)';' or (byte)'<' or (byte)'(':
                break;
            default:
                _words.Add(_text[_at++]);
                while (_at < _text.Length && _text[_at] is not ((byte)' ' or (byte)'\t' or (byte)'"' or (byte)'[' or (byte)'@' or (byte)',' or (byte)';' or (byte)'<' or (byte)'(' or (byte)':'))
                    _words.Add(_text[_at++]);
                break;
        }
    }

    private void Quoted(List<byte> target, byte close)
    {
        for (_at++; _at < _text.Length && _text[_at] != close; _at++)
        {
            if (_text[_at] == (byte)'\\' && _at + 1 < _text.Length)
                _at++;
            target.Add(_text[_at]);
        }

        _at = Math.Min(_at + 1, _text.Length);
    }

    private byte[] Comment()
    {
        var text = new List<byte>();
        var depth = 0;
        for (; _at < _text.Length; _at++)
        {
            var octet = _text[_at];
            if (octet == (byte)'(' && depth++ == 0)
                continue;
            if (octet == (byte)')' && --depth == 0)
                break;
            if (octet == (byte)'\\' && _at + 1 < _text.Length)
                octet = _text[++_at];
            text.Add(octet);
        }

        _at = Math.Min(_at + 1, _text.Length);
        return [.. text];
    }

    // RFC 5322 §3.4.1 and §4.4: "<" [ "@one,@two" ":" ] addr-spec ">".
    private void Angle()
    {
        var (spec, atSign, route) = (new List<byte>(), -1, 0);
        for (_at++; _at < _text.Length && _text[_at] != (byte)'>';)
        {
            switch (_text[_at])
            {
                case (byte)'"':
                    Quoted(spec, (byte)'"');
                    break;
                case (byte)'(':
                    Comment();
                    break;
                case (byte)' ' or (byte)'\t':
                    _at++;
                    break;
                case (byte)':' when spec.Count > 0 && spec[0] == (byte)'@' && route == 0:
                    (route, atSign) = (spec.Count, -1);
                    _at++;
                    break;
                default:
                    if (_text[_at] == (byte)'@')
                        atSign = spec.Count;
                    spec.Add(_text[_at++]);
                    break;
            }
        }

        _at = Math.Min(_at + 1, _text.Length);
        var all = spec.ToArray().AsSpan();
        var mailbox = atSign >= route ? all[route..atSign] : all[route..];
        var host = atSign >= route ? all[(atSign + 1)..] : default;
        Emit(_words.Count > 0 ? [.. _words] : _comment, all[..route], mailbox, host);
    }

    // "one@here two@there": a comma was forgotten.
    private void FlushFormer()
    {
        // No further back than the last sign: a field of nothing but signs must not take time that grows with the square.
        var space = _words.LastIndexOf((byte)' ', _words.Count - 1, _words.Count - 1 - _atSign);
        if (space < 0)
            return;
        var rest = _words[(space + 1)..];
        _words.RemoveRange(space, _words.Count - space);
        Flush();
        _words.AddRange(rest);
    }

    private void Flush()
    {
        var words = _words.ToArray().AsSpan();
        if (words.Trim((byte)' ').IsEmpty)
        {
            Clear();
        }
        else if (_atSign >= 0)
        {
            // Spaces around dots are obsolete syntax (RFC 5322 §4.4); with any other before it, the address has a name without brackets.
            var mailbox = Packed(words[.._atSign], _quotedTo, out var name);
            Emit(name.IsEmpty ? _comment : name.ToArray(), default, mailbox, Packed(words[(_atSign + 1)..], int.MaxValue, out _));
        }
        else if (words.Contains((byte)' '))
            Emit(words.ToArray(), default, default, default);
        else
            Emit(_comment, default, words, default);
    }

    private void Emit(byte[]? name, ReadOnlySpan<byte> route, ReadOnlySpan<byte> mailbox, ReadOnlySpan<byte> host)
    {
        name = name is { Length: > 0 } ? HeaderFields.Unfold(EncodedWords.Encode(name), StructureLimits.TextOctets) : null;
        Begin().NString(name).Raw(" "u8);
        _ = route.IsEmpty ? _out.Nil() : _out.String(route);
        _out.Raw(" "u8).String(mailbox.IsEmpty ? MissingMailbox : mailbox).Raw(" "u8).String(host.IsEmpty ? MissingDomain : host).Raw(")"u8);
        Clear();
    }

    private void EndGroup()
    {
        if (_isGroup)
            Begin().Raw("NIL NIL NIL NIL)"u8);
        _isGroup = false;
    }

    private ImapText Begin() => _out.Raw(_count++ == 0 ? "(("u8 : "("u8);

    private void Clear()
    {
        _words.Clear();
        (_atSign, _quotedTo) = (-1, 0);
        _comment = null;
    }

    private static ReadOnlySpan<byte> Packed(ReadOnlySpan<byte> text, int quotedTo, out ReadOnlySpan<byte> name)
    {
        name = default;
        text = text.Trim((byte)' ');
        if (!text.Contains((byte)' '))
            return text;
        if (quotedTo == 0 && text.LastIndexOf((byte)' ') is var last && text[last - 1] != (byte)'.' && text[last + 1] != (byte)'.')
        {
            name = text[..last];
            return text[(last + 1)..];
        }

        return quotedTo is > 0 and < int.MaxValue ? text : text.ToArray().Where(octet => octet != (byte)' ').ToArray();
    }
}
