using System.Text;

namespace MailServer.Accounts.Schemes;

/// <summary>The base64 of the crypt(3) family: no padding, other alphabets, and in glibc's the low bits first.</summary>
internal static class CryptBase64
{
    public const string Glibc = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    private const string Bcrypt = "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    private const string Standard = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    /// <summary>Writes a number in <paramref name="digits"/> digits of glibc's alphabet, the low ones first.</summary>
    public static void AppendGlibc(StringBuilder text, int value, int digits)
    {
        for (; digits > 0; digits--, value >>= 6)
            text.Append(Glibc[value & 63]);
    }

    public static string ToBcrypt(ReadOnlySpan<byte> octets) => Translate(ToUnpadded(octets), Standard, Bcrypt)!;

    public static byte[]? FromBcrypt(string text) => Translate(text, Bcrypt, Standard) is { } standard ? FromUnpadded(standard) : null;

    /// <summary>Base64 without its padding, as the Argon2 reference writes it.</summary>
    public static string ToUnpadded(ReadOnlySpan<byte> octets) => Convert.ToBase64String(octets).TrimEnd('=');

    /// <summary>Reads unpadded base64; null when it isn't.</summary>
    public static byte[]? FromUnpadded(string text) => text.Contains('=') ? null : FromPadded(text + new string('=', (4 - text.Length % 4) % 4));

    /// <summary>Reads base64 with its padding; null when it isn't.</summary>
    public static byte[]? FromPadded(string text)
    {
        var octets = new byte[text.Length];
        return Convert.TryFromBase64String(text, octets, out var length) ? octets[..length] : null;
    }

    private static string? Translate(string text, string from, string to)
    {
        var result = new StringBuilder(text.Length);
        foreach (var c in text)
        {
            var value = from.IndexOf(c, StringComparison.Ordinal);
            if (value < 0)
                return null;
            result.Append(to[value]);
        }

        return result.ToString();
    }
}
