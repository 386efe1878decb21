namespace MailServer.Wire.Imap;

/// <summary>
/// Cuts a client's octets into requests, literals included. It can be suspended after any octet, and the result is the same for
/// any split of the input. What it refuses it still consumes: a non-synchronising literal comes whether we want it or not (RFC 7888 §4).
/// Only CRLF ends a line.
/// </summary>
public sealed class RequestReader
{
    private const int SmallBuffer = 256;
    private const int KeptBuffer = 4_096;

    private byte[] _buffer = new byte[SmallBuffer];
    private int _length;
    private int _lineStart;
    private long _literalLeft;
    private long _discarded;
    private bool _isOver;
    private byte[] _refusedTag = [];
    private AppendState _append;
    private AppendState _nextAppend;

    /// <summary>The limits from the next octet on.</summary>
    public RequestLimits Limits { get; set; } = RequestLimits.BeforeLogin;

    /// <summary>Whether lines stand for themselves, without literals: the answers to AUTHENTICATE and IDLE.</summary>
    public bool IsPlainLines { get; set; }

    /// <summary>Why the request is refused.</summary>
    public RequestFault Fault { get; private set; }

    /// <summary>The literal that <see cref="RequestEvent.Continue"/> or <see cref="RequestEvent.Message"/> is about.</summary>
    public LiteralHeader Literal { get; private set; }

    /// <summary>
    /// The octets of the request so far as they came, literals with their announcements; after <see cref="RequestEvent.Request"/> the whole
    /// without its last CRLF. Valid until the next call of <see cref="Read"/>.
    /// </summary>
    public ReadOnlyMemory<byte> Octets => _buffer.AsMemory(0, _length);

    /// <summary>The tag of the request, for an answer to a refused one; empty when it has none.</summary>
    public ReadOnlyMemory<byte> Tag => Fault == RequestFault.None ? CopyTag() : _refusedTag;

    /// <summary>Whether a request is half read in a way that only this reader knows: within or behind a literal, or refused.</summary>
    public bool IsWithinRequest => !_isOver && (_literalLeft > 0 || _lineStart > 0 || Fault != RequestFault.None);

    /// <summary>The octets of a line that has just begun, to be read again by another reader; empty when <see cref="IsWithinRequest"/>.</summary>
    public ReadOnlyMemory<byte> Begun => _isOver || IsWithinRequest ? default : Octets;

    /// <summary>Reads on. What is behind <paramref name="consumed"/> is to be given again, when the event has been dealt with.</summary>
    public RequestEvent Read(ReadOnlySpan<byte> input, out int consumed)
    {
        consumed = 0;
        if (_isOver)
            Reset();
        if (Fault != RequestFault.None && _discarded > Limits.DiscardedOctets)
            return End(RequestEvent.Hopeless);

        while (consumed < input.Length)
        {
            var rest = input[consumed..];
            if (_literalLeft > 0)
            {
                consumed += ReadLiteral(rest);
                continue;
            }

            var end = rest.IndexOf((byte)'\n');
            var line = end < 0 ? rest : rest[..(end + 1)];
            consumed += line.Length;
            AddToLine(line);
            if (_discarded > Limits.DiscardedOctets)
                return End(RequestEvent.Hopeless);
            if (end >= 0 && _length - _lineStart >= 2 && _buffer[_length - 2] == (byte)'\r' && EndLine() is var found and not RequestEvent.NeedMore)
                return found;
        }

        return RequestEvent.NeedMore;
    }

    /// <summary>
    /// After <see cref="RequestEvent.Message"/>: the caller has read the literal. What follows it, up to the next message or the end of the
    /// command, comes as a piece of its own.
    /// </summary>
    public void ResumeAfterMessage() => (_length, _lineStart, _append) = (0, 0, _nextAppend);

    /// <summary>
    /// After <see cref="RequestEvent.Message"/> or <see cref="RequestEvent.Continue"/>: the literal is not wanted. True when the request is
    /// over with that; false when the client sends it all the same, and <see cref="RequestEvent.Refused"/> will follow.
    /// </summary>
    public bool Refuse()
    {
        SetFault(RequestFault.MessageRefused);
        if (Literal.IsSynchronizing)
        {
            _isOver = true;
            return true;
        }

        _literalLeft = Literal.Size;
        _discarded = Math.Min(long.MaxValue - Literal.Size, _discarded) + Literal.Size;
        return false;
    }

    private int ReadLiteral(ReadOnlySpan<byte> rest)
    {
        var take = (int)Math.Min(_literalLeft, rest.Length);
        if (Fault == RequestFault.None)
            Append(rest[..take]);
        _literalLeft -= take;
        if (_literalLeft == 0)
            _lineStart = _length;
        return take;
    }

    private void AddToLine(ReadOnlySpan<byte> octets)
    {
        if (Fault == RequestFault.None)
        {
            // One or two more for CR and LF. Sums and the tag are taken so that no split changes the result.
            var room = Math.Min(Limits.LineOctets, Limits.RequestOctets - _lineStart);
            if ((long)_length - _lineStart + octets.Length > room + (octets[^1] == (byte)'\n' ? 2 : 1))
            {
                var head = Math.Clamp(GrammarLimits.TagOctets + 1 - _length, 0, octets.Length);
                Append(octets[..head]);
                octets = octets[head..];
                SetFault(room == Limits.LineOctets ? RequestFault.LineTooLong : RequestFault.RequestTooLong);
            }
        }

        if (Fault == RequestFault.None)
        {
            Append(octets);
            return;
        }

        // Of a refused line only the end matters: it may announce a literal.
        _discarded += octets.Length;
        if (octets.Length > LiteralHeader.MaxOctets)
            octets = octets[^LiteralHeader.MaxOctets..];
        var keep = Math.Min(_length, LiteralHeader.MaxOctets - octets.Length);
        _buffer.AsSpan(_length - keep, keep).CopyTo(_buffer);
        (_length, _lineStart) = (keep, 0);
        Append(octets);
    }

    private RequestEvent EndLine()
    {
        var line = _buffer.AsSpan(_lineStart, _length - _lineStart - 2);
        if (IsPlainLines || !LiteralHeader.TryReadAtEnd(line, out var literal))
        {
            _length -= 2;
            return End(Fault == RequestFault.None ? RequestEvent.Request : RequestEvent.Refused);
        }

        Literal = literal;
        if (Fault == RequestFault.None && AppendRequest.IsMessageNext(Octets, _append, out _nextAppend))
        {
            _lineStart = _length;
            return RequestEvent.Message;
        }

        if (Fault == RequestFault.None && literal.Size > Limits.LiteralOctets)
            SetFault(RequestFault.LiteralTooLong);
        if (Fault == RequestFault.None && _length + literal.Size > Limits.RequestOctets)
            SetFault(RequestFault.RequestTooLong);

        if (Fault == RequestFault.None)
        {
            (_literalLeft, _lineStart) = (literal.Size, _length);
            return literal.IsSynchronizing ? RequestEvent.Continue : RequestEvent.NeedMore;
        }

        // The client waits for a + that never comes: nothing more belongs to this request.
        if (literal.IsSynchronizing)
            return End(RequestEvent.Refused);
        if (literal.Size > Limits.DiscardedOctets - _discarded)
            return End(RequestEvent.Hopeless);
        _discarded += literal.Size;
        (_literalLeft, _length, _lineStart) = (literal.Size, 0, 0);
        return RequestEvent.NeedMore;
    }

    private RequestEvent End(RequestEvent found)
    {
        _isOver = true;
        return found;
    }

    private void SetFault(RequestFault fault)
    {
        _refusedTag = CopyTag();
        (Fault, _discarded) = (fault, _length);
    }

    private byte[] CopyTag() => RequestParser.TryReadTag(Octets.Span, out var tag) ? tag.ToArray() : [];

    private void Append(ReadOnlySpan<byte> octets)
    {
        if (_buffer.Length - _length < octets.Length)
            Array.Resize(ref _buffer, Math.Max(_buffer.Length * 2, _length + octets.Length));
        octets.CopyTo(_buffer.AsSpan(_length));
        _length += octets.Length;
    }

    private void Reset()
    {
        if (_buffer.Length > KeptBuffer)
            _buffer = new byte[SmallBuffer];
        (_length, _lineStart, _literalLeft, _discarded, _isOver, Fault) = (0, 0, 0, 0, false, RequestFault.None);
        _append = AppendState.Start;
        _refusedTag = [];
    }
}
