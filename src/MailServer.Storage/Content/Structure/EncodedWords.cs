using System.Buffers;
using System.Text;

namespace MailServer.Storage;

/// <summary>
/// Makes 7-bit text of raw 8-bit header text by encoded words (RFC 2047): clients that have not said UTF8=ACCEPT must not be sent raw UTF-8
/// (RFC 6855 §3), and every client reads encoded words. What was encoded already stays as it is.
/// </summary>
internal static class EncodedWords
{
    // RFC 2047 §2: a word has at most 75 characters, of which =?UTF-8?B??= takes 12; 45 octets make 60.
    private const int OctetsPerWord = 45;

    /// <summary>The text itself when it is 7-bit already.</summary>
    public static byte[] Encode(byte[] text)
    {
        if (Ascii.IsValid(text))
            return text;

        var result = new ArrayBufferWriter<byte>(text.Length * 2);
        ReadOnlySpan<byte> rest = text;
        while (rest.IndexOfAnyInRange((byte)128, (byte)255) is >= 0 and var first)
        {
            // From the start of the first word that needs it to the end of the last one in a row: spaces between them must be within.
            var start = rest[..first].LastIndexOfAny((byte)' ', (byte)'\t') + 1;
            var end = first;
            for (var next = first; next < rest.Length && IsRaw(rest[next..], out var length); next = end + 1)
                end = next + length;
            result.Write(rest[..start]);
            EncodeWords(rest[start..end], result);
            rest = rest[end..];
        }

        result.Write(rest);
        return result.WrittenSpan.ToArray();
    }

    private static bool IsRaw(ReadOnlySpan<byte> text, out int length)
    {
        length = text.IndexOfAny((byte)' ', (byte)'\t');
        length = length < 0 ? text.Length : length;
        return !Ascii.IsValid(text[..length]);
    }

    private static void EncodeWords(ReadOnlySpan<byte> text, ArrayBufferWriter<byte> result)
    {
        // Octets that are no UTF-8 came from a Western mailer that did not say so, as often as not.
        var utf8 = System.Text.Unicode.Utf8.IsValid(text) ? text : Encoding.UTF8.GetBytes(Encoding.Latin1.GetString(text));
        var isFirst = true;
        while (!utf8.IsEmpty)
        {
            var length = Math.Min(OctetsPerWord, utf8.Length);
            while (length < utf8.Length && (utf8[length] & 0xC0) == 0x80)
                length--;                                              // not within a character
            result.Write(isFirst ? "=?UTF-8?B?"u8 : " =?UTF-8?B?"u8);
            result.Write(Encoding.ASCII.GetBytes(Convert.ToBase64String(utf8[..length])));
            result.Write("?="u8);
            utf8 = utf8[length..];
            isFirst = false;
        }
    }
}
