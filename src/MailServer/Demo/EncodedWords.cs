using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace MailServer.Server.Demo;

/// <summary>Shows RFC 2047 encoded words as text, for the demo's table. What cannot be read stays as it is.</summary>
internal static partial class EncodedWords
{
    static EncodedWords() => Encoding.RegisterProvider(CodePagesEncodingProvider.Instance);

    public static string Decode(string text)
    {
        // Blanks between two encoded words are no part of the text (RFC 2047 §6.2).
        var joined = Between().Replace(text, "?==?");
        return Word().Replace(joined, match => Decode(match) ?? match.Value);
    }

    private static string? Decode(Match word)
    {
        try
        {
            var octets = word.Groups["how"].Value is "B" or "b"
                ? Convert.FromBase64String(word.Groups["text"].Value)
                : Unquote(word.Groups["text"].Value);
            return Encoding.GetEncoding(word.Groups["charset"].Value.Split('*')[0]).GetString(octets);
        }
        catch (Exception e) when (e is FormatException or ArgumentException)
        {
            return null;
        }
    }

    private static byte[] Unquote(string text)
    {
        var octets = new List<byte>(text.Length);
        for (var i = 0; i < text.Length; i++)
            if (text[i] == '=' && i + 2 < text.Length && byte.TryParse(text.AsSpan(i + 1, 2), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var octet))
            {
                octets.Add(octet);
                i += 2;
            }
            else
            {
                octets.Add(text[i] == '_' ? (byte)' ' : (byte)text[i]);
            }

        return [.. octets];
    }

    [GeneratedRegex(@"\?=\s+=\?", RegexOptions.NonBacktracking)]
    private static partial Regex Between();

    [GeneratedRegex(@"=\?(?<charset>[^?\s]+)\?(?<how>[BbQq])\?(?<text>[^?\s]*)\?=", RegexOptions.NonBacktracking)]
    private static partial Regex Word();
}
