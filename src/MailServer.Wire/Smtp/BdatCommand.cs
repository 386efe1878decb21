using System.Buffers.Text;
using System.Text;

namespace MailServer.Wire.Smtp;

/// <summary><c>bdat-cmd = "BDAT" SP chunk-size [SP "LAST"]</c>, <c>chunk-size = 1*DIGIT</c> (RFC 3030 §2).</summary>
/// <param name="Size">Octets that follow the line.</param>
/// <param name="IsLast">Whether the message ends with them.</param>
public readonly record struct BdatCommand(long Size, bool IsLast)
{
    /// <summary>Reads the argument of BDAT. False when it cannot be told how many octets follow: then nothing of what follows can be trusted.</summary>
    public static bool TryRead(ReadOnlySpan<byte> argument, out BdatCommand command)
    {
        command = default;
        var blank = argument.IndexOf((byte)' ');
        var digits = blank < 0 ? argument : argument[..blank];
        var marker = blank < 0 ? default : argument[blank..].Trim((byte)' ');
        // Eighteen digits fit in a long whatever they are.
        if (digits.Length is 0 or > 18 || digits.ContainsAnyExceptInRange((byte)'0', (byte)'9') || !Utf8Parser.TryParse(digits, out long size, out _))
            return false;
        if (!marker.IsEmpty && !Ascii.EqualsIgnoreCase(marker, "LAST"u8))
            return false;
        command = new(size, !marker.IsEmpty);
        return true;
    }
}
