using System.Buffers.Binary;

namespace MailServer.Accounts.Schemes;

/// <summary>
/// bcrypt's digest, after "A Future-Adaptable Password Scheme" (Provos and Mazières, 1999): Blowfish, whose key schedule is run
/// 2^cost times with password and salt in turn, then encrypts a fixed text 64 times.
/// </summary>
internal sealed class Bcrypt
{
    public const int SaltLength = 16, DigestLength = 23, MaxKeyLength = 72;
    private const int Rounds = 16, Boxes = 18;

    // 18 subkeys, then four boxes of 256 words.
    private readonly uint[] _state = BlowfishPi.Words.ToArray();

    private Bcrypt() { }

    /// <summary>The digest of a password of which, as always with bcrypt, the first 72 octets count.</summary>
    public static byte[] Digest(ReadOnlySpan<byte> password, ReadOnlySpan<byte> salt, int cost)
    {
        // The key ends with a NUL, and is repeated until all subkeys have had their share.
        Span<byte> key = stackalloc byte[Math.Min(password.Length + 1, MaxKeyLength)];
        key.Clear();
        password[..Math.Min(password.Length, key.Length)].CopyTo(key);
        Span<uint> keyWords = stackalloc uint[Boxes];
        Span<uint> saltWords = stackalloc uint[Boxes];
        Span<uint> nothing = stackalloc uint[4];
        nothing.Clear();
        Cycle(key, keyWords);
        Cycle(salt, saltWords);

        var blowfish = new Bcrypt();
        blowfish.Expand(keyWords, saltWords[..4]);
        for (var round = 1L << cost; round > 0; round--)
        {
            blowfish.Expand(keyWords, nothing);
            blowfish.Expand(saltWords, nothing);
        }

        return blowfish.Encrypt();
    }

    private static void Cycle(ReadOnlySpan<byte> octets, Span<uint> words)
    {
        var at = 0;
        foreach (ref var word in words)
            for (var i = 0; i < 4; i++, at = (at + 1) % octets.Length)
                word = word << 8 | octets[at];
    }

    // Mixes the key into the subkeys, then replaces subkeys and boxes by the encryption of the running block with salt mixed in.
    private void Expand(ReadOnlySpan<uint> key, ReadOnlySpan<uint> salt)
    {
        for (var i = 0; i < Boxes; i++)
            _state[i] ^= key[i];

        var (left, right) = (0u, 0u);
        for (var i = 0; i < _state.Length; i += 2)
        {
            left ^= salt[i & 2];
            right ^= salt[(i & 2) + 1];
            Encipher(ref left, ref right);
            (_state[i], _state[i + 1]) = (left, right);
        }
    }

    private byte[] Encrypt()
    {
        var text = "OrpheanBeholderScryDoubt"u8;
        Span<byte> octets = stackalloc byte[text.Length];
        for (var block = 0; block < text.Length; block += 8)
        {
            var left = BinaryPrimitives.ReadUInt32BigEndian(text[block..]);
            var right = BinaryPrimitives.ReadUInt32BigEndian(text[(block + 4)..]);
            for (var i = 0; i < 64; i++)
                Encipher(ref left, ref right);
            BinaryPrimitives.WriteUInt32BigEndian(octets[block..], left);
            BinaryPrimitives.WriteUInt32BigEndian(octets[(block + 4)..], right);
        }

        return octets[..DigestLength].ToArray();                         // the last octet has never been stored
    }

    private void Encipher(ref uint left, ref uint right)
    {
        ReadOnlySpan<uint> s = _state;
        var (l, r) = (left ^ s[0], right);
        for (var i = 1; i <= Rounds; i += 2)
        {
            r ^= Mix(s, l) ^ s[i];
            l ^= Mix(s, r) ^ s[i + 1];
        }

        (left, right) = (r ^ s[Rounds + 1], l);
    }

    private static uint Mix(ReadOnlySpan<uint> s, uint x) =>
        ((s[(int)(Boxes + (x >> 24))] + s[(int)(Boxes + 256 + (x >> 16 & 0xFF))]) ^ s[(int)(Boxes + 512 + (x >> 8 & 0xFF))])
        + s[(int)(Boxes + 768 + (x & 0xFF))];
}
