using System.Buffers;

namespace MailServer.Wire.Smtp;

/// <summary>What <see cref="SmtpLineReader"/> found.</summary>
public enum SmtpLineKind
{
    /// <summary>No whole line yet.</summary>
    None,
    /// <summary>A line.</summary>
    Line,
    /// <summary>A line above the limit; said once, its rest is skipped.</summary>
    TooLong,
    /// <summary>A line with a CR or LF of its own; said once, its rest is skipped.</summary>
    BareLineEnd,
    /// <summary>A skipped line that does not end: hang up.</summary>
    Endless,
}

/// <summary>
/// Cuts command lines. Only CRLF ends a line (RFC 5321 §2.3.8): a line with a bare CR or LF is refused whole, so that nothing behind it is
/// taken for a command. However the octets are split over reads, the answers are the same.
/// </summary>
public struct SmtpLineReader
{
    // As much of a refused line as is read away before the peer is given up; far above any honest mistake.
    private const int MaxSkipped = 64 * 1024;

    private int _skipped;

    /// <summary>Whether the reader is within a refused line; false at a boundary between lines.</summary>
    public bool IsSkipping { get; private set; }

    /// <summary>Cuts the next line off the buffer.</summary>
    /// <param name="buffer">All that is unread; what is left of it afterwards is to be offered again.</param>
    /// <param name="limit">Longest line in octets, with its CRLF; at least 3.</param>
    /// <param name="line">The line without its CRLF, for <see cref="SmtpLineKind.Line"/>.</param>
    public SmtpLineKind Read(ref ReadOnlySequence<byte> buffer, int limit, out ReadOnlySequence<byte> line)
    {
        while (TryCut(ref buffer, out line))
        {
            if (IsSkipping)
            {
                (IsSkipping, _skipped) = (false, 0);
                continue;
            }

            if (HasBareLineEnd(line, limit, isWhole: true))
                return SmtpLineKind.BareLineEnd;
            return line.Length + 2 > limit ? SmtpLineKind.TooLong : SmtpLineKind.Line;
        }

        line = default;
        if (IsSkipping)
            return Skip(ref buffer);
        var kind = HasBareLineEnd(buffer, limit, isWhole: false) ? SmtpLineKind.BareLineEnd
            : buffer.Length >= limit ? SmtpLineKind.TooLong
            : SmtpLineKind.None;
        if (kind == SmtpLineKind.None)
            return kind;
        (IsSkipping, _skipped) = (true, 0);
        Skip(ref buffer);
        return kind;
    }

    private static bool TryCut(ref ReadOnlySequence<byte> buffer, out ReadOnlySequence<byte> line)
    {
        if (buffer.IsSingleSegment)
        {
            var at = buffer.FirstSpan.IndexOf("\r\n"u8);
            line = at < 0 ? default : buffer.Slice(0, at);
            if (at >= 0)
                buffer = buffer.Slice(at + 2);
            return at >= 0;
        }

        var reader = new SequenceReader<byte>(buffer);
        if (!reader.TryReadTo(out line, "\r\n"u8))
            return false;
        buffer = buffer.Slice(reader.Position);
        return true;
    }

    /// <summary>Whether a CR or LF stands alone before the limit. The last octet of an unfinished line may be half of a CRLF.</summary>
    private static bool HasBareLineEnd(ReadOnlySequence<byte> line, int limit, bool isWhole)
    {
        var looked = line.Slice(0, Math.Min(line.Length, limit - 1));
        if (looked.PositionOf((byte)'\n') is not null)
            return true;
        return looked.PositionOf((byte)'\r') is { } carriage && (isWhole || line.Slice(carriage).Length > 1);
    }

    // Keeps a last CR: the LF that makes it a line end may come with the next read.
    private SmtpLineKind Skip(ref ReadOnlySequence<byte> buffer)
    {
        var keep = !buffer.IsEmpty && buffer.Slice(buffer.Length - 1).PositionOf((byte)'\r') is not null ? 1 : 0;
        _skipped = (int)Math.Min(int.MaxValue, _skipped + buffer.Length - keep);
        buffer = buffer.Slice(buffer.Length - keep);
        return _skipped > MaxSkipped ? SmtpLineKind.Endless : SmtpLineKind.None;
    }
}
