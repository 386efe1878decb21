using System.Security.Cryptography;
using System.Text;
using MailServer.Accounts.Schemes;

namespace MailServer.Accounts.Sasl;

/// <summary>
/// Keys for a user that there is not. Asked for again, today or after a restart, they have the same salt; otherwise two questions would tell
/// which names exist (RFC 5802 §9). No password fits them.
/// </summary>
internal readonly struct ScramDecoy(ReadOnlyMemory<byte> secret)
{
    public ScramKeys KeysOf(string userName)
    {
        var name = Encoding.UTF8.GetBytes(userName.ToUpperInvariant());
        return new()
        {
            Mechanism = "SCRAM-SHA-256",
            Salt = HMACSHA256.HashData(secret.Span, [.. "salt "u8, .. name]).AsMemory(0, ScramHash.SaltLength),
            Iterations = ScramHash.DefaultIterations,
            StoredKey = RandomNumberGenerator.GetBytes(SHA256.HashSizeInBytes),
            ServerKey = RandomNumberGenerator.GetBytes(SHA256.HashSizeInBytes),
        };
    }
}
