using System.Buffers;

namespace MailServer.Storage;

/// <summary>
/// Takes a message's lines and holds back what may not be the message's: the last line's end, and an empty line after it, which in an mbox
/// parts the messages.
/// </summary>
internal sealed class MessageOutput(IBufferWriter<byte> into)
{
    /// <summary>Octets of one message: RFC822.SIZE is a number of 32 bits (RFC 3501 §9), and LF counts there as two.</summary>
    public const long MaxLength = int.MaxValue;

    private bool _hasLineEnd;
    private int _emptyLine; // its octets: 0, 1 for LF, 2 for CRLF

    public long Length { get; private set; }

    public bool IsTooLong => Length > MaxLength;

    /// <summary>A part of a line, or a line with its end.</summary>
    public void Write(ReadOnlySpan<byte> part)
    {
        KeepEmptyLine();
        PutLineEnd();
        _hasLineEnd = part is [.., (byte)'\n'];
        Put(_hasLineEnd ? part[..^1] : part);
    }

    public void WriteEmptyLine(int octets)
    {
        KeepEmptyLine();
        _emptyLine = octets;
    }

    /// <summary>The empty line that is held back is the message's.</summary>
    public void KeepEmptyLine()
    {
        if (_emptyLine == 0)
            return;
        PutLineEnd();
        if (_emptyLine == 2)
            Put("\r"u8);
        (_emptyLine, _hasLineEnd) = (0, true);
    }

    /// <summary>Ends the message, without an empty line that is still held back.</summary>
    /// <param name="hasFinalNewline">Whether its last line has an end.</param>
    public void Finish(bool hasFinalNewline)
    {
        if (hasFinalNewline)
            PutLineEnd();
    }

    private void PutLineEnd()
    {
        if (_hasLineEnd)
            Put("\n"u8);
        _hasLineEnd = false;
    }

    private void Put(ReadOnlySpan<byte> octets)
    {
        Length += octets.Length;
        if (!IsTooLong)
            into.Write(octets);
    }
}
