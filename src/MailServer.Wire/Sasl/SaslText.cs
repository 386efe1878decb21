using System.Buffers;
using System.Buffers.Text;

namespace MailServer.Wire.Sasl;

/// <summary>Base64 as SASL profiles send it: one line, padded, nothing else (RFC 4954 §4, RFC 3501 §6.2.2, RFC 5034 §4).</summary>
public static class SaslText
{
    /// <summary>A client's line in an exchange, decoded. False when it is not base64 (RFC 4648 §4, without blanks).</summary>
    /// <param name="text">The line without its end.</param>
    /// <param name="destination">At least three quarters of the text's length.</param>
    /// <param name="written">How many octets it holds.</param>
    public static bool TryDecode(ReadOnlySpan<byte> text, Span<byte> destination, out int written)
    {
        written = 0;
        return text.IndexOfAny(" \t\r\n"u8) < 0
            && Base64.DecodeFromUtf8(text, destination, out var consumed, out written) == OperationStatus.Done
            && consumed == text.Length;
    }

    /// <summary>An initial response: like a line, but <c>=</c> stands for an empty one (RFC 4954 §4).</summary>
    /// <param name="text">What follows the mechanism's name.</param>
    /// <param name="destination">At least three quarters of the text's length.</param>
    /// <param name="written">How many octets it holds.</param>
    public static bool TryDecodeInitial(ReadOnlySpan<byte> text, Span<byte> destination, out int written)
    {
        written = 0;
        return text is [(byte)'='] || TryDecode(text, destination, out written);
    }
}
