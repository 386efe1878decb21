using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Konscious.Security.Cryptography;

namespace MailServer.Accounts.Schemes;

/// <summary><c>$argon2id$v=19$m=12288,t=3,p=1$salt$hash</c>, RFC 9106 in the encoding of its reference implementation. Also <c>$argon2i$</c>.</summary>
internal sealed class Argon2Hash(bool isId, int memory, int passes, int lanes, byte[] salt, byte[] hash) : StoredHash
{
    // One of the equally strong settings of the OWASP Password Storage Cheat Sheet, the one whose time (80 ms) and memory are both modest.
    private const int DefaultMemory = 12 * 1024, DefaultPasses = 3, DefaultLanes = 1;

    // A hostile line must not take the machine's memory. 256 MiB covers the "moderate" setting of libsodium, the work limit three passes over it.
    private const int MaxMemory = 256 * 1024, MaxPasses = 1000, MaxLanes = 16;
    private const long MaxWork = 1024 * 1024;
    private const int SaltLength = 16, HashLength = 32, MaxOctets = 128;

    public override bool TakesMemory => true;

    public static async ValueTask<Argon2Hash> MakeAsync(string password)
    {
        var salt = RandomNumberGenerator.GetBytes(SaltLength);
        var bare = new Argon2Hash(isId: true, DefaultMemory, DefaultPasses, DefaultLanes, salt, new byte[HashLength]);
        return new(isId: true, DefaultMemory, DefaultPasses, DefaultLanes, salt, await bare.ComputeAsync(password).ConfigureAwait(false));
    }

    public static Argon2Hash Read(string body)
    {
        if (body.Split('$') is not ["", var variant and ("argon2id" or "argon2i"), "v=19", var settings, var saltText, var hashText])
            throw new HashFormatException("it is not $argon2id$v=19$m=..,t=..,p=..$salt$hash");
        if (settings.Split(',') is not [var m, var t, var p]
            || !TryRead(m, "m=", MaxMemory, out var memory) || !TryRead(t, "t=", MaxPasses, out var passes) || !TryRead(p, "p=", MaxLanes, out var lanes))
            throw new HashFormatException($"m, t and p are not numbers up to {MaxMemory}, {MaxPasses} and {MaxLanes}");
        if (memory < 8 * lanes)                                          // RFC 9106 §3.1
            throw new HashFormatException("m is below 8 times p");
        if ((long)memory * passes > MaxWork)
            throw new HashFormatException($"m times t is above {MaxWork}: a check would take too long");
        if (CryptBase64.FromUnpadded(saltText) is not { Length: >= 8 and <= MaxOctets } salt)
            throw new HashFormatException("the salt is not base64 of 8 octets or more");
        if (CryptBase64.FromUnpadded(hashText) is not { Length: >= 16 and <= MaxOctets } hash)
            throw new HashFormatException("the hash is not base64 of 16 octets or more");
        return new(variant == "argon2id", memory, passes, lanes, salt, hash);
    }

    public override async ValueTask<bool> MatchesAsync(string password) =>
        CryptographicOperations.FixedTimeEquals(await ComputeAsync(password).ConfigureAwait(false), hash);

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"${(isId ? "argon2id" : "argon2i")}$v=19$m={memory},t={passes},p={lanes}${CryptBase64.ToUnpadded(salt)}${CryptBase64.ToUnpadded(hash)}");

    private static bool TryRead(string text, string name, int limit, out int value)
    {
        value = 0;
        return text.StartsWith(name, StringComparison.Ordinal)
            && int.TryParse(text.AsSpan(name.Length), NumberStyles.None, CultureInfo.InvariantCulture, out value)
            && value >= 1 && value <= limit;
    }

    private async ValueTask<byte[]> ComputeAsync(string password)
    {
        var octets = Encoding.UTF8.GetBytes(password);
        using Argon2 argon = isId ? new Argon2id(octets) : new Argon2i(octets);
        (argon.Salt, argon.MemorySize, argon.Iterations, argon.DegreeOfParallelism) = (salt, memory, passes, lanes);
        return await argon.GetBytesAsync(hash.Length).ConfigureAwait(false);
    }
}
