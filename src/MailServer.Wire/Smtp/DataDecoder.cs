using System.Buffers;

namespace MailServer.Wire.Smtp;

/// <summary>
/// Takes a message out of the octets that follow DATA: removes the dots of RFC 5321 §4.5.2 and finds the end. Only CRLF.CRLF ends a message;
/// what another server might take for an end (LF.LF, CR.CR, CRLF.LF, …) is a fault: nothing more is given out, and the rest is read away up
/// to the real end, so that it is never taken for commands. Keeps no octet: it may be fed in pieces of any size.
/// </summary>
public sealed class DataDecoder
{
    private readonly int _maxLine;
    private readonly bool _isStuffed;
    private State _state = State.LineStart;
    private long _line;

    /// <summary>Makes a decoder for one message.</summary>
    /// <param name="maxLine">The longest line with its CRLF and without an added dot (RFC 5321 §4.5.3.1.6); 0 for no limit.</param>
    /// <param name="isStuffed">Whether dots were added and CRLF.CRLF ends it; not so in chunks, whose end is told otherwise (RFC 3030 §2).</param>
    public DataDecoder(int maxLine = 0, bool isStuffed = true) => (_maxLine, _isStuffed) = (maxLine > 0 ? maxLine : int.MaxValue, isStuffed);

    private enum State
    {
        LineStart,
        Dot,
        DotCr,
        InLine,
        Cr,
        Ended,
    }

    /// <summary>Whether CRLF.CRLF has been seen.</summary>
    public bool IsEnded => _state == State.Ended;

    /// <summary>The first thing that was wrong.</summary>
    public DataFault Fault { get; private set; }

    /// <summary>The message's octets so far, CRLFs counted, added dots and the end mark not.</summary>
    public long Length { get; private set; }

    /// <summary>Decodes a piece, up to the end mark if it is there.</summary>
    /// <param name="input">The next octets from the peer.</param>
    /// <param name="output">Takes the message, or null to read it away.</param>
    /// <returns>How many octets were used: all, or those up to and with the end mark.</returns>
    public int Decode(ReadOnlySpan<byte> input, IBufferWriter<byte>? output)
    {
        var run = 0; // where the octets begin that are not given out yet
        var i = 0;
        while (i < input.Length && _state != State.Ended)
        {
            switch (_state)
            {
                case State.InLine:
                    i += SkipLine(input[i..]);
                    break;
                case State.LineStart when input[i] == '.' && _isStuffed:
                    Give(input[run..i], output);
                    run = ++i;
                    _state = State.Dot;
                    break;
                case State.Dot when input[i] == '\r':
                    run = ++i;
                    _state = State.DotCr;
                    break;
                case State.LineStart:
                case State.Dot:
                    _state = State.InLine;
                    break;
                case State.DotCr when input[i] == '\n':
                    run = ++i;
                    _state = State.Ended;
                    break;
                case State.DotCr:
                    Fail(DataFault.BareCarriageReturn);
                    _state = State.InLine;
                    break;
                case State.Cr when input[i] == '\n':
                    i++;
                    EndLine();
                    break;
                case State.Cr:
                    CheckLine();
                    Fail(DataFault.BareCarriageReturn);
                    _state = State.InLine;
                    break;
            }
        }

        Give(input[run..i], output);
        return i;
    }

    /// <summary>Says that nothing follows, for a message whose end is told otherwise.</summary>
    public void End()
    {
        if (_state == State.Cr)
            Fail(DataFault.BareCarriageReturn);
        CheckLine();
        _state = State.Ended;
    }

    /// <summary>Decodes pieces that hang together.</summary>
    /// <returns>The position behind what was used.</returns>
    public SequencePosition Decode(in ReadOnlySequence<byte> input, IBufferWriter<byte>? output)
    {
        if (input.IsSingleSegment)
            return input.GetPosition(Decode(input.FirstSpan, output));
        long used = 0;
        foreach (var piece in input)
        {
            used += Decode(piece.Span, output);
            if (IsEnded)
                break;
        }

        return input.GetPosition(used);
    }

    /// <summary>Goes over whole lines as long as they are in order: the one loop that every octet passes.</summary>
    private int SkipLine(ReadOnlySpan<byte> input)
    {
        var i = 0;
        while (true)
        {
            var end = input[i..].IndexOfAny((byte)'\r', (byte)'\n');
            if (end < 0)
            {
                _line += input.Length - i;
                CheckLine();
                return input.Length;
            }

            _line += end;
            i += end + 1;
            if (input[i - 1] == '\n')
            {
                CheckLine();
                Fail(DataFault.BareLineFeed);
                _line++;
                continue;
            }

            if (i >= input.Length || input[i] != '\n')
            {
                _line++;
                _state = State.Cr;
                return i;
            }

            i++;
            _line++;
            EndLine();
            if (i >= input.Length || input[i] == '.')
                return i;
            _state = State.InLine;
        }
    }

    private void EndLine()
    {
        _line++;
        CheckLine();
        _line = 0;
        _state = State.LineStart;
    }

    private void CheckLine()
    {
        if (_line > _maxLine)
            Fail(DataFault.LineTooLong);
    }

    private void Fail(DataFault fault)
    {
        if (Fault == DataFault.None)
            Fault = fault;
    }

    private void Give(ReadOnlySpan<byte> octets, IBufferWriter<byte>? output)
    {
        Length += octets.Length;
        if (Fault == DataFault.None && output is not null && !octets.IsEmpty)
            output.Write(octets);
    }
}
