using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace MailServer.Accounts.Schemes;

/// <summary><c>$2y$10$salt-and-hash</c>. <c>$2a$</c>, <c>$2b$</c> and <c>$2y$</c> mean the same here; <c>$2x$</c> marks hashes of a faulty program and is not read.</summary>
internal sealed class BcryptHash(char variant, int cost, byte[] salt, byte[] digest) : StoredHash
{
    // About 100 ms on the reference machine. The format allows 31, which is days; 15 is three seconds.
    private const int DefaultCost = 10, MinCost = 4, MaxCost = 15;
    private const int SaltText = 22, DigestText = 31;

    public static BcryptHash Make(string password)
    {
        var salt = RandomNumberGenerator.GetBytes(Bcrypt.SaltLength);
        return new('y', DefaultCost, salt, Bcrypt.Digest(Encoding.UTF8.GetBytes(password), salt, DefaultCost));
    }

    public static BcryptHash Read(string body)
    {
        if (body.Split('$') is not ["", "2a" or "2b" or "2y", { Length: 2 } costText, { Length: SaltText + DigestText } rest])
            throw new HashFormatException("it is not $2y$cost$ and 53 characters");
        if (!int.TryParse(costText, NumberStyles.None, CultureInfo.InvariantCulture, out var cost) || cost is < MinCost or > MaxCost)
            throw new HashFormatException($"the cost is not from {MinCost:00} to {MaxCost}");
        if (CryptBase64.FromBcrypt(rest[..SaltText]) is not { Length: Bcrypt.SaltLength } salt
            || CryptBase64.FromBcrypt(rest[SaltText..]) is not { Length: Bcrypt.DigestLength } digest)
            throw new HashFormatException("salt and hash are not bcrypt's base64");
        return new(body[2], cost, salt, digest);
    }

    public override ValueTask<bool> MatchesAsync(string password) =>
        new(CryptographicOperations.FixedTimeEquals(Bcrypt.Digest(Encoding.UTF8.GetBytes(password), salt, cost), digest));

    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"$2{variant}${cost:00}${CryptBase64.ToBcrypt(salt)}{CryptBase64.ToBcrypt(digest)}");
}
