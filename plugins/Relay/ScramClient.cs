using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace MailServer.Plugins.Relay;

/// <summary>The client's side of SCRAM-SHA-256 (RFC 5802 §3, RFC 7677 §3) without channel binding.</summary>
internal sealed class ScramClient(string user, string password, string nonce)
{
    // A server that asks for more wants to keep us busy; RFC 7677 §4 asks for 4096 at least.
    private const int MaxIterations = 1_000_000;

    private byte[] _serverSignature = [];

    /// <summary><c>client-first-message</c>.</summary>
    public string First => $"n,,{FirstBare}";

    private string FirstBare => $"n={user.Replace("=", "=3D", StringComparison.Ordinal).Replace(",", "=2C", StringComparison.Ordinal)},r={nonce}";

    /// <summary>The <c>client-final-message</c> for a <c>server-first-message</c>; null when that is none.</summary>
    public string? Final(string challenge)
    {
        var parts = challenge.Split(',');
        if (parts.Length < 3 || !parts[0].StartsWith("r=" + nonce, StringComparison.Ordinal) || parts[0].Length <= nonce.Length + 2
            || !parts[1].StartsWith("s=", StringComparison.Ordinal) || !parts[2].StartsWith("i=", StringComparison.Ordinal)
            || !int.TryParse(parts[2].AsSpan(2), NumberStyles.None, CultureInfo.InvariantCulture, out var iterations) || iterations is < 1 or > MaxIterations)
            return null;
        var salt = new byte[parts[1].Length];
        if (!Convert.TryFromBase64String(parts[1][2..], salt, out var length) || length == 0)
            return null;

        var salted = Rfc2898DeriveBytes.Pbkdf2(Encoding.UTF8.GetBytes(password), salt.AsSpan(0, length), iterations, HashAlgorithmName.SHA256, 32);
        var clientKey = HMACSHA256.HashData(salted, "Client Key"u8);
        var withoutProof = $"c=biws,{parts[0]}";
        var all = Encoding.UTF8.GetBytes($"{FirstBare},{challenge},{withoutProof}");
        var proof = HMACSHA256.HashData(SHA256.HashData(clientKey), all);
        for (var i = 0; i < proof.Length; i++)
            proof[i] ^= clientKey[i];
        _serverSignature = HMACSHA256.HashData(HMACSHA256.HashData(salted, "Server Key"u8), all);
        return $"{withoutProof},p={Convert.ToBase64String(proof)}";
    }

    /// <summary>Whether a <c>server-final-message</c> shows that the server knows the password, too.</summary>
    public bool IsServer(string final)
    {
        var signature = new byte[64];
        return final.StartsWith("v=", StringComparison.Ordinal)
            && Convert.TryFromBase64String(final[2..], signature, out var length)
            && CryptographicOperations.FixedTimeEquals(signature.AsSpan(0, length), _serverSignature);
    }
}
