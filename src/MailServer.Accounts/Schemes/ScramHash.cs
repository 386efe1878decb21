using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using MailServer.Accounts.Sasl;

namespace MailServer.Accounts.Schemes;

/// <summary>
/// <c>{SCRAM-SHA-256}iterations,salt,StoredKey,ServerKey</c>, the last three in base64: the keys of RFC 5802 §3 with RFC 7677's hash.
/// A plain login is checked by computing StoredKey from the password.
/// </summary>
internal sealed class ScramHash(int iterations, byte[] salt, byte[] storedKey, byte[] serverKey) : StoredHash
{
    /// <summary>
    /// 45 ms on one core of the 2-core reference machine (22 ms a 100,000, linear). It is a bargain between two parties: 600,000 is
    /// what OWASP advises for PBKDF2-SHA256, but every SCRAM client, telephones included, pays the count at each login too.
    /// RFC 7677 §3 asks for 4,096 at least.
    /// </summary>
    public const int DefaultIterations = 200_000;

    /// <summary>RFC 5802 §5.1 sets no bound on the count; 5,000,000 cost a second, and no client goes along with more.</summary>
    public const int MaxIterations = 5_000_000;

    public const int SaltLength = 16;

    private const int KeyLength = 32, MaxSaltLength = 256;

    public ScramKeys Keys => new()
    {
        Mechanism = "SCRAM-SHA-256",
        Salt = salt,
        Iterations = iterations,
        StoredKey = storedKey,
        ServerKey = serverKey,
    };

    public static ScramHash Make(string password, int iterations = DefaultIterations, byte[]? salt = null)
    {
        salt ??= RandomNumberGenerator.GetBytes(SaltLength);
        var (stored, server) = Derive(SaslPrep.Prepare(password, out _) ?? password, salt, iterations);
        return new(iterations, salt, stored, server);
    }

    public static ScramHash Read(string body)
    {
        if (body.Split(',') is not [var count, var saltText, var storedText, var serverText])
            throw new HashFormatException("it is not iterations,salt,StoredKey,ServerKey");
        if (!int.TryParse(count, NumberStyles.None, CultureInfo.InvariantCulture, out var iterations) || iterations is < 1 or > MaxIterations)
            throw new HashFormatException($"the iteration count is not from 1 to {MaxIterations}");
        if (CryptBase64.FromPadded(saltText) is not { Length: > 0 and <= MaxSaltLength } salt)
            throw new HashFormatException("the salt is not base64");
        if (CryptBase64.FromPadded(storedText) is not { Length: KeyLength } stored
            || CryptBase64.FromPadded(serverText) is not { Length: KeyLength } server)
            throw new HashFormatException($"StoredKey and ServerKey are not {KeyLength} octets in base64");
        return new(iterations, salt, stored, server);
    }

    public override ValueTask<bool> MatchesAsync(string password)
    {
        // Other servers hash what was typed, without SASLprep; both forms are tried where they differ.
        var prepared = SaslPrep.Prepare(password, out _) ?? password;
        return new(Matches(prepared) || (prepared != password && Matches(password)));
    }

    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{iterations},{Convert.ToBase64String(salt)},{Convert.ToBase64String(storedKey)},{Convert.ToBase64String(serverKey)}");

    private bool Matches(string password) =>
        CryptographicOperations.FixedTimeEquals(Derive(password, salt, iterations).Stored, storedKey);

    // RFC 5802 §3: SaltedPassword, ClientKey, StoredKey, ServerKey.
    private static (byte[] Stored, byte[] Server) Derive(string password, byte[] salt, int iterations)
    {
        var salted = Rfc2898DeriveBytes.Pbkdf2(Encoding.UTF8.GetBytes(password), salt, iterations, HashAlgorithmName.SHA256, KeyLength);
        var client = HMACSHA256.HashData(salted, "Client Key"u8);
        return (SHA256.HashData(client), HMACSHA256.HashData(salted, "Server Key"u8));
    }
}
