using System.Security.Cryptography;
using System.Text;

namespace MailServer.Accounts.Schemes;

/// <summary><c>{PLAIN}</c>, also <c>{CLEAR}</c> and <c>{CLEARTEXT}</c>: the password itself.</summary>
internal sealed class PlainHash(string stored) : StoredHash
{
    public override bool IsCostly => false;

    public static PlainHash Read(string body) => body.Length > 0 ? new(body) : throw new HashFormatException("the password is empty");

    // Digests are compared, since FixedTimeEquals tells at once when the lengths differ.
    public override ValueTask<bool> MatchesAsync(string password) => new(CryptographicOperations.FixedTimeEquals(Digest(password), Digest(stored)));

    private static byte[] Digest(string text) => SHA256.HashData(Encoding.UTF8.GetBytes(text));
}
