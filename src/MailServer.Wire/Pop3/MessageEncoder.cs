using System.Buffers;

namespace MailServer.Wire.Pop3;

/// <summary>
/// Makes a message the rest of a multi-line response (RFC 1939 §3): a dot before each line that begins with one, and the end mark. For TOP
/// it stops after the header, the empty line and so many lines of the body. Keeps no octet: it may be fed in pieces of any size.
/// </summary>
/// <param name="bodyLines">How many lines of the body; all when negative.</param>
public sealed class MessageEncoder(int bodyLines = -1)
{
    private int _linesLeft = bodyLines;
    private bool _isInBody;
    private bool _isAtLineStart = true;
    private bool _isEmptyLine = true;           // nothing yet but perhaps the CR of a line end

    /// <summary>Whether all lines asked for are out: what else is fed is ignored.</summary>
    public bool IsFull => _isInBody && _linesLeft == 0;

    /// <summary>Encodes the next piece of the message, whose lines end in CRLF.</summary>
    public void Write(ReadOnlySpan<byte> octets, IBufferWriter<byte> output)
    {
        ArgumentNullException.ThrowIfNull(output);
        while (!octets.IsEmpty && !IsFull)
        {
            if (_isAtLineStart && octets[0] == '.')
                output.Write("."u8);

            var end = octets.IndexOf((byte)'\n');
            var piece = end < 0 ? octets : octets[..(end + 1)];
            output.Write(piece);
            octets = octets[piece.Length..];
            _isEmptyLine &= piece is [(byte)'\r'] or [(byte)'\n'] or [(byte)'\r', (byte)'\n'];
            _isAtLineStart = end >= 0;
            if (_isAtLineStart)
                EndLine();
        }
    }

    /// <summary>Writes the end mark, after a CRLF where the message has none at its end.</summary>
    public void Finish(IBufferWriter<byte> output) => output.Write(_isAtLineStart ? ".\r\n"u8 : "\r\n.\r\n"u8);

    private void EndLine()
    {
        if (_isInBody)
            _linesLeft--;                       // from below zero it never comes to zero: a message has less than 2^31 lines
        _isInBody |= _isEmptyLine;
        _isEmptyLine = true;
    }
}
