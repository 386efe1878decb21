using System.Buffers;

namespace MailServer.Wire.Smtp;

/// <summary><c>xtext = *( xchar / hexchar )</c> (RFC 3461 §4).</summary>
public static class Xtext
{
    /// <summary>Decodes it. False when it is none, or <paramref name="decoded"/> is too short: as long as the text is enough.</summary>
    /// <remarks>Octets above 127 stay as they are: whether UTF-8 is allowed is for the parameter to say (RFC 6533 §3).</remarks>
    public static bool TryDecode(ReadOnlySpan<byte> text, Span<byte> decoded, out int length)
    {
        length = 0;
        for (var i = 0; i < text.Length; i++)
        {
            var octet = text[i];
            if (octet is <= 32 or (byte)'=' or 127 || length == decoded.Length)
                return false;
            if (octet == '+')
            {
                if (i + 2 >= text.Length || !TryHex(text[i + 1], out var high) || !TryHex(text[i + 2], out var low))
                    return false;
                octet = (byte)(high << 4 | low);
                i += 2;
            }

            decoded[length++] = octet;
        }

        return true;
    }

    /// <summary>Encodes octets; those above 127 stay as they are.</summary>
    public static void Encode(ReadOnlySpan<byte> octets, IBufferWriter<byte> output)
    {
        ArgumentNullException.ThrowIfNull(output);
        foreach (var octet in octets)
        {
            var isPlain = octet is > 32 and not (byte)'+' and not (byte)'=' and not 127;
            var target = output.GetSpan(3);
            if (isPlain)
                target[0] = octet;
            else
                (target[0], target[1], target[2]) = ((byte)'+', "0123456789ABCDEF"u8[octet >> 4], "0123456789ABCDEF"u8[octet & 15]);
            output.Advance(isPlain ? 1 : 3);
        }
    }

    // "two upper case hexadecimal digits"; others send lower case, and nothing else could be meant.
    private static bool TryHex(byte octet, out int value)
    {
        value = octet switch
        {
            >= (byte)'0' and <= (byte)'9' => octet - '0',
            >= (byte)'A' and <= (byte)'F' => octet - 'A' + 10,
            >= (byte)'a' and <= (byte)'f' => octet - 'a' + 10,
            _ => -1,
        };
        return value >= 0;
    }
}
