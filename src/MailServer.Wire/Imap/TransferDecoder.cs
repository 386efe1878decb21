using System.Buffers;
using System.Text;

namespace MailServer.Wire.Imap;

/// <summary>Undoes a content transfer encoding (RFC 2045 §6), piece by piece; any split of the input gives the same output. Never throws.</summary>
public abstract class TransferDecoder
{
    /// <summary>The decoder of an encoding's name; null where octets stay as they are. False for a name that is not known.</summary>
    public static bool TryFind(ReadOnlySpan<byte> name, out TransferDecoder? decoder)
    {
        decoder = Ascii.EqualsIgnoreCase(name, "BASE64"u8) ? new Base64Decoder()
            : Ascii.EqualsIgnoreCase(name, "QUOTED-PRINTABLE"u8) ? new QuotedPrintableDecoder()
            : null;
        return decoder is not null || name.IsEmpty || Ascii.EqualsIgnoreCase(name, "7BIT"u8) || Ascii.EqualsIgnoreCase(name, "8BIT"u8)
            || Ascii.EqualsIgnoreCase(name, "BINARY"u8);
    }

    /// <summary>Decodes a piece.</summary>
    public abstract void Decode(ReadOnlySpan<byte> input, IBufferWriter<byte> output);

    /// <summary>Decodes what was kept back: nothing more comes.</summary>
    public virtual void Finish(IBufferWriter<byte> output)
    {
    }

    private sealed class Base64Decoder : TransferDecoder
    {
        private int _value;
        private int _bits;

        // RFC 2045 §6.8: what is not of the alphabet is passed over; padding ends a group, and another may follow.
        public override void Decode(ReadOnlySpan<byte> input, IBufferWriter<byte> output)
        {
            var span = output.GetSpan(((input.Length + _bits) * 3 / 4) + 3);
            var written = 0;
            foreach (var octet in input)
            {
                var sextet = SextetOf(octet);
                if (sextet < 0)
                {
                    if (octet == (byte)'=')
                        (_value, _bits) = (0, 0);
                    continue;
                }

                _value = ((_value << 6) | sextet) & 0xFFFF;
                _bits += 6;
                if (_bits < 8)
                    continue;
                _bits -= 8;
                span[written++] = (byte)(_value >> _bits);
            }

            output.Advance(written);
        }

        private static int SextetOf(byte octet) => octet switch
        {
            >= (byte)'A' and <= (byte)'Z' => octet - 'A',
            >= (byte)'a' and <= (byte)'z' => octet - 'a' + 26,
            >= (byte)'0' and <= (byte)'9' => octet - '0' + 52,
            (byte)'+' => 62,
            (byte)'/' => 63,
            _ => -1,
        };
    }

    private sealed class QuotedPrintableDecoder : TransferDecoder
    {
        // White space at the end of a line means nothing (RFC 2045 §6.7, rule 3); lines have no more than 76 characters, but some mailers' have.
        private const int MaxSpace = 1_000;

        private readonly List<byte> _space = [];
        private State _state;
        private byte _high;

        private enum State
        {
            Text,
            Return,
            Equals,
            Hex,
            SoftSpace,
            SoftReturn,
        }

        public override void Decode(ReadOnlySpan<byte> input, IBufferWriter<byte> output)
        {
            foreach (var octet in input)
                while (!Take(octet, output))
                {
                }
        }

        public override void Finish(IBufferWriter<byte> output)
        {
            if (_state == State.Hex)
                output.Write([(byte)'=', _high]);
            else if (_state == State.Return)
                output.Write("\r"u8);
            (_state, _high) = (State.Text, 0);
            _space.Clear();
        }

        // False: the octet is to be looked at again, as text.
        private bool Take(byte octet, IBufferWriter<byte> output)
        {
            switch (_state)
            {
                case State.Text:
                    TakeText(octet, output);
                    return true;
                case State.Return when octet == (byte)'\n':
                    _space.Clear();
                    return Enter(State.Text, "\r\n"u8, output);
                case State.Return:
                    FlushSpace(output);
                    return !Enter(State.Text, "\r"u8, output);
                case State.Equals when IsHex(octet):
                    _high = octet;
                    return Enter(State.Hex, default, output);
                case State.Hex when IsHex(octet):
                    return Enter(State.Text, [(byte)((ValueOf(_high) << 4) | ValueOf(octet))], output);
                case State.Hex:
                    return !Enter(State.Text, [(byte)'=', _high], output);
                case State.Equals or State.SoftSpace or State.SoftReturn when octet == (byte)'\n':
                    _space.Clear();
                    return Enter(State.Text, default, output);
                case State.Equals or State.SoftSpace when octet is (byte)' ' or (byte)'\t' && _space.Count < MaxSpace:
                    _space.Add(octet);
                    return Enter(State.SoftSpace, default, output);
                case State.Equals or State.SoftSpace when octet == (byte)'\r':
                    return Enter(State.SoftReturn, default, output);
                default:
                    // An equals sign that means nothing stays (RFC 2045 §6.7, note on robust decoders).
                    output.Write("="u8);
                    var isReturn = _state == State.SoftReturn;
                    FlushSpace(output);
                    return !Enter(State.Text, isReturn ? "\r"u8 : default, output);
            }
        }

        private void TakeText(byte octet, IBufferWriter<byte> output)
        {
            if (octet is (byte)' ' or (byte)'\t' && _space.Count < MaxSpace)
            {
                _space.Add(octet);
                return;
            }

            if (octet == (byte)'\r')
            {
                _state = State.Return;
                return;
            }

            if (octet == (byte)'\n')
                _space.Clear();
            FlushSpace(output);
            if (octet == (byte)'=')
                _state = State.Equals;
            else
                output.Write([octet]);
        }

        private bool Enter(State state, ReadOnlySpan<byte> octets, IBufferWriter<byte> output)
        {
            output.Write(octets);
            _state = state;
            return true;
        }

        private void FlushSpace(IBufferWriter<byte> output)
        {
            if (_space.Count > 0)
                output.Write([.. _space]);
            _space.Clear();
        }

        private static bool IsHex(byte octet) => Uri.IsHexDigit((char)octet);

        private static int ValueOf(byte octet) => Uri.FromHex((char)octet);
    }
}
