using System.Buffers;

namespace MailServer.Storage;

/// <summary>
/// What the MIME parser reads: the message with CRLF line ends, so that its offsets are those of the protocols, and before it a field of our
/// own, because the parser refuses a message whose first line is no field. A byte order mark is taken off, else the first field would be lost.
/// </summary>
internal sealed class MimeFeed(Stream source) : ForwardStream
{
    private static readonly byte[] Mark = [0xEF, 0xBB, 0xBF];

    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(16 * 1024);
    private int _start;
    private int _end;
    private bool _afterCr;
    private bool _hasBegun;
    private long _fed;
    private long _headerStart;
    private long _headers;
    private long _limit = long.MaxValue;

    /// <summary>The field put before the message.</summary>
    public static ReadOnlySpan<byte> Prefix => "X:\r\n"u8;

    /// <summary>What to add to the parser's offset to get the message's.</summary>
    public int Shift { get; private set; } = -Prefix.Length;

    /// <summary>Whether the parser has been told of an end that is none, because a header had no end within its limit.</summary>
    public bool IsCut { get; private set; }

    /// <summary>A header block begins at what has been read: it may not go on for ever.</summary>
    public void BeginHeader()
    {
        _headerStart = _fed;
        _limit = _fed + Math.Min(StructureLimits.HeaderOctets, StructureLimits.AllHeaderOctets - _headers);
    }

    /// <summary>The header block is over.</summary>
    public void EndHeader()
    {
        _headers += _fed - _headerStart;
        _limit = long.MaxValue;
    }

    /// <summary>Nothing more is wanted: the parser is told that the message ends here.</summary>
    public void Stop() => IsCut = true;

    /// <summary>
    /// Fills the buffer for as long as there is something: the parser's answer to some broken mail depends on where its reads end, and must not
    /// depend on where the disk's did.
    /// </summary>
    public override int Read(Span<byte> buffer)
    {
        var filled = 0;
        while (filled < buffer.Length && Next(buffer[filled..]) is > 0 and var read)
            filled += read;
        return filled;
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => new(Read(buffer.Span));

    protected override void Dispose(bool disposing)
    {
        if (disposing && Interlocked.Exchange(ref _buffer, []) is { Length: > 0 } buffer)
            ArrayPool<byte>.Shared.Return(buffer);
        base.Dispose(disposing);
    }

    private int Next(Span<byte> buffer)
    {
        if (IsCut)
            return 0;
        if (!_hasBegun)
            return Begin(buffer);
        if (_fed >= _limit)
        {
            IsCut = true;
            return 0;
        }

        if (_start == _end)
            (_start, _end) = (0, source.Read(_buffer));
        CrlfText.Expand(_buffer.AsSpan(_start, _end - _start), buffer, ref _afterCr, out var consumed, out var written);
        _start += consumed;
        _fed += written;
        return written;
    }

    private int Begin(Span<byte> buffer)
    {
        _hasBegun = true;
        while (_end < Mark.Length && source.Read(_buffer.AsSpan(_end)) is > 0 and var read)
            _end += read;
        if (_buffer.AsSpan(0, _end).StartsWith(Mark))
        {
            _start = Mark.Length;
            Shift += Mark.Length;
        }

        Prefix.CopyTo(buffer);
        return Prefix.Length;
    }
}
