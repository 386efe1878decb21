using System.Security.Cryptography;
using System.Text;

namespace MailServer.Accounts.Schemes;

/// <summary>
/// The digest behind glibc's <c>$5$</c> (SHA-256) and <c>$6$</c> (SHA-512), after Ulrich Drepper's "Unix crypt using SHA-256 and SHA-512".
/// The numbers in comments are that text's steps.
/// </summary>
internal static class ShaCrypt
{
    public static byte[] Digest(ReadOnlySpan<byte> key, ReadOnlySpan<byte> salt, int rounds, HashAlgorithmName algorithm)
    {
        using var hash = IncrementalHash.CreateHash(algorithm);
        var a = FirstDigest(hash, key, salt);

        for (var i = 0; i < key.Length; i++)                             // 13 to 16
            hash.AppendData(key);
        var p = Stretch(hash.GetHashAndReset(), key.Length);
        for (var i = 0; i < 16 + a[0]; i++)                              // 17 to 20
            hash.AppendData(salt);
        var s = Stretch(hash.GetHashAndReset(), salt.Length);

        for (var round = 0; round < rounds; round++)                     // 21
        {
            hash.AppendData((round & 1) != 0 ? p : a);
            if (round % 3 != 0)
                hash.AppendData(s);
            if (round % 7 != 0)
                hash.AppendData(p);
            hash.AppendData((round & 1) != 0 ? a : p);
            hash.GetHashAndReset(a);
        }

        return a;
    }

    /// <summary>Writes a digest in the order of octets that step 22 lists.</summary>
    public static string Encode(ReadOnlySpan<byte> digest)
    {
        // Three octets of one third each go into four characters. From one group to the next the indices step by one and change roles.
        var third = digest.Length / 3;
        var text = new StringBuilder(86);
        for (var group = 0; group < third; group++)
        {
            var (x, y, z) = (group, third + group, 2 * third + group);
            var (high, middle, low) = (digest.Length == 64 ? group % 3 : (3 - group % 3) % 3) switch
            {
                0 => (x, y, z),
                1 => (y, z, x),
                _ => (z, x, y),
            };
            CryptBase64.AppendGlibc(text, digest[high] << 16 | digest[middle] << 8 | digest[low], 4);
        }

        if (digest.Length == 64)
            CryptBase64.AppendGlibc(text, digest[63], 2);
        else
            CryptBase64.AppendGlibc(text, digest[31] << 8 | digest[30], 3);
        return text.ToString();
    }

    private static byte[] FirstDigest(IncrementalHash hash, ReadOnlySpan<byte> key, ReadOnlySpan<byte> salt)
    {
        hash.AppendData(key);                                            // 4 to 8
        hash.AppendData(salt);
        hash.AppendData(key);
        var b = hash.GetHashAndReset();

        hash.AppendData(key);                                            // 1 to 3
        hash.AppendData(salt);
        hash.AppendData(Stretch(b, key.Length));                         // 9, 10
        for (var bits = key.Length; bits > 0; bits >>= 1)                // 11
            hash.AppendData((bits & 1) != 0 ? b : key);
        return hash.GetHashAndReset();                                   // 12
    }

    private static byte[] Stretch(ReadOnlySpan<byte> digest, int length)
    {
        var result = new byte[length];
        for (var at = 0; at < length; at += digest.Length)
            digest[..Math.Min(digest.Length, length - at)].CopyTo(result.AsSpan(at));
        return result;
    }
}
