using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace MailServer.Accounts.Schemes;

/// <summary><c>$6$rounds=N$salt$hash</c> (SHA-512) and <c>$5$…</c> (SHA-256), with or without the rounds.</summary>
internal sealed class ShaCryptHash(bool is512, int? rounds, string salt, string encoded) : StoredHash
{
    // A few times the 5,000 of 2007; 70 ms with SHA-512 on the reference machine.
    private const int NewRounds = 100_000;

    // The format's own rule: 5,000 when unsaid, never below 1,000. It allows 999,999,999, which is an hour; 1,000,000 is below a second.
    private const int DefaultRounds = 5_000, MinRounds = 1_000, MaxRounds = 1_000_000;
    private const int MaxSaltLength = 16;

    private static readonly SearchValues<char> Alphabet = SearchValues.Create(CryptBase64.Glibc);

    public static ShaCryptHash Make(string password, bool is512)
    {
        var salt = RandomNumberGenerator.GetString(CryptBase64.Glibc, MaxSaltLength);
        return new(is512, NewRounds, salt, Compute(password, is512, NewRounds, salt));
    }

    public static ShaCryptHash Read(string body, bool is512)
    {
        var parts = body.Split('$');
        if (parts.Length is not (4 or 5) || parts[0].Length > 0 || parts[1] != (is512 ? "6" : "5"))
            throw new HashFormatException(is512 ? "it is not $6$salt$hash" : "it is not $5$salt$hash");

        int? rounds = null;
        if (parts.Length == 5)
        {
            if (!parts[2].StartsWith("rounds=", StringComparison.Ordinal)
                || !int.TryParse(parts[2].AsSpan(7), NumberStyles.None, CultureInfo.InvariantCulture, out var count) || count is < MinRounds or > MaxRounds)
                throw new HashFormatException($"rounds is not from {MinRounds} to {MaxRounds}");
            rounds = count;
        }

        if (parts[^2].Length > MaxSaltLength || !Ascii.IsValid(parts[^2]))
            throw new HashFormatException($"the salt is longer than {MaxSaltLength} characters or not US-ASCII");
        if (parts[^1].Length != (is512 ? 86 : 43) || parts[^1].AsSpan().ContainsAnyExcept(Alphabet))
            throw new HashFormatException($"the hash is not {(is512 ? 86 : 43)} characters of crypt's base64");
        return new(is512, rounds, parts[^2], parts[^1]);
    }

    public override ValueTask<bool> MatchesAsync(string password) => new(CryptographicOperations.FixedTimeEquals(
        Encoding.ASCII.GetBytes(Compute(password, is512, rounds ?? DefaultRounds, salt)),
        Encoding.ASCII.GetBytes(encoded)));

    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"${(is512 ? 6 : 5)}${(rounds is { } count ? $"rounds={count}$" : "")}{salt}${encoded}");

    private static string Compute(string password, bool is512, int rounds, string salt) => ShaCrypt.Encode(ShaCrypt.Digest(
        Encoding.UTF8.GetBytes(password),
        Encoding.ASCII.GetBytes(salt),
        rounds,
        is512 ? HashAlgorithmName.SHA512 : HashAlgorithmName.SHA256));
}
