using System.Buffers;

namespace MailServer.Wire.Smtp;

/// <summary>
/// Makes of a message the octets that follow DATA: a dot before each line that begins with one (RFC 5321 §4.5.2), and CRLF.CRLF at the end.
/// Lines that a file ends with LF get CRLF. A CR that ends no line becomes a blank, and so does a NUL, which some servers drop: none may be
/// given what another one takes for an end of a message. Keeps no octet but a CR: it may be fed in pieces of any size.
/// </summary>
public sealed class DataEncoder
{
    private static readonly SearchValues<byte> Special = SearchValues.Create("\r\n\0"u8);

    private bool _isLineStart = true;
    private bool _hasCr;

    /// <summary>How many octets became blanks.</summary>
    public int Blanked { get; private set; }

    /// <summary>Encodes a piece.</summary>
    /// <param name="input">The next octets of the message.</param>
    /// <param name="output">Takes what is to be sent.</param>
    public void Encode(ReadOnlySpan<byte> input, IBufferWriter<byte> output)
    {
        ArgumentNullException.ThrowIfNull(output);
        while (!input.IsEmpty)
        {
            if (_hasCr)
            {
                _hasCr = false;
                if (input[0] != '\n')
                    GiveBlank(output);
            }

            var end = input.IndexOfAny(Special);
            GiveText(end < 0 ? input : input[..end], output);
            if (end < 0)
                return;
            if (input[end] == '\r')
                _hasCr = true;
            else if (input[end] == 0)
                GiveBlank(output);
            else
                GiveLineEnd(output);
            input = input[(end + 1)..];
        }
    }

    /// <summary>Ends the message.</summary>
    public void End(IBufferWriter<byte> output)
    {
        ArgumentNullException.ThrowIfNull(output);
        if (_hasCr)
            GiveBlank(output);
        _hasCr = false;
        if (!_isLineStart)
            GiveLineEnd(output);
        output.Write(".\r\n"u8);
    }

    private void GiveText(ReadOnlySpan<byte> text, IBufferWriter<byte> output)
    {
        if (text.IsEmpty)
            return;
        if (_isLineStart && text[0] == '.')
            output.Write("."u8);
        output.Write(text);
        _isLineStart = false;
    }

    private void GiveBlank(IBufferWriter<byte> output)
    {
        Blanked++;
        output.Write(" "u8);
        _isLineStart = false;
    }

    private void GiveLineEnd(IBufferWriter<byte> output)
    {
        output.Write("\r\n"u8);
        _isLineStart = true;
    }
}
