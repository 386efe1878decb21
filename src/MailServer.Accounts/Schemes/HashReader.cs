using System.Text;

namespace MailServer.Accounts.Schemes;

/// <summary>Reads <c>{SCHEME}hash</c>, <c>{SCHEME.b64}…</c>, <c>{SCHEME.hex}…</c>, and a bare crypt(3) hash.</summary>
internal static class HashReader
{
    // The longest sound hash, an Argon2 one with its largest salt and digest, has 390 characters.
    public const int MaxLength = 2048;

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Reads it, or says why not without quoting the hash.</summary>
    public static StoredHash? Read(string text, out string? reason)
    {
        try
        {
            reason = null;
            return Read(text);
        }
        catch (HashFormatException e)
        {
            reason = e.Message;
            return null;
        }
    }

    private static StoredHash Read(string text)
    {
        if (text.Length is 0 or > MaxLength)
            throw new HashFormatException(text.Length == 0 ? "it is empty" : $"it is longer than {MaxLength} characters");
        if (text[0] != '{')
            return ReadCrypt(text);

        var end = text.IndexOf('}', StringComparison.Ordinal);
        if (end < 0)
            throw new HashFormatException("the scheme has no closing brace");
        var (name, encoding) = text[1..end].ToUpperInvariant().Split('.', 2) is [var first, var second] ? (first, second) : (text[1..end].ToUpperInvariant(), "");
        var body = Decode(text[(end + 1)..], encoding);
        return name switch
        {
            "SCRAM-SHA-256" => ScramHash.Read(body),
            "ARGON2ID" or "ARGON2I" => Argon2Hash.Read(body),
            "SHA512-CRYPT" => ShaCryptHash.Read(body, is512: true),
            "SHA256-CRYPT" => ShaCryptHash.Read(body, is512: false),
            "BLF-CRYPT" => BcryptHash.Read(body),
            "CRYPT" => ReadCrypt(body),
            "PLAIN" or "CLEAR" or "CLEARTEXT" => PlainHash.Read(body),
            _ => throw new HashFormatException($"the scheme is none of {string.Join(", ", PasswordSchemes.All)}, ARGON2I, CRYPT"),
        };
    }

    private static StoredHash ReadCrypt(string body) => body.Split('$') switch
    {
        ["", "6", ..] => ShaCryptHash.Read(body, is512: true),
        ["", "5", ..] => ShaCryptHash.Read(body, is512: false),
        ["", "2a" or "2b" or "2y", ..] => BcryptHash.Read(body),
        ["", "argon2id" or "argon2i", ..] => Argon2Hash.Read(body),
        _ => throw new HashFormatException("without a {SCHEME} it must be a hash that begins with $6$, $5$, $2y$ or $argon2id$"),
    };

    private static string Decode(string body, string encoding)
    {
        try
        {
            return encoding switch
            {
                "" => body,
                "B64" or "BASE64" => StrictUtf8.GetString(Convert.FromBase64String(body)),
                "HEX" => StrictUtf8.GetString(Convert.FromHexString(body)),
                _ => throw new HashFormatException("behind the scheme's dot is neither b64 nor hex"),
            };
        }
        catch (Exception e) when (e is DecoderFallbackException or FormatException and not HashFormatException)
        {
            throw new HashFormatException($"it is not {(encoding == "HEX" ? "hex" : "base64")} of UTF-8 text");
        }
    }
}
