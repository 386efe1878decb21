namespace MailServer.Accounts;

/// <summary>How new passwords are hashed. Names on disk are Dovecot's, see <see cref="PasswordSchemes"/>.</summary>
public enum PasswordScheme
{
    /// <summary><c>{SCRAM-SHA-256}</c>, RFC 7677: serves SCRAM and plain logins alike.</summary>
    ScramSha256,
    /// <summary><c>{ARGON2ID}</c>, RFC 9106: costs a guesser memory, but serves plain logins only.</summary>
    Argon2Id,
    /// <summary><c>{BLF-CRYPT}</c>, bcrypt.</summary>
    BlowfishCrypt,
    /// <summary><c>{SHA512-CRYPT}</c>, glibc's <c>$6$</c>.</summary>
    Sha512Crypt,
    /// <summary><c>{SHA256-CRYPT}</c>, glibc's <c>$5$</c>.</summary>
    Sha256Crypt,
    /// <summary><c>{PLAIN}</c>: no hash at all. For tests.</summary>
    Plain,
}

/// <summary>The names of the schemes, as written in braces before a hash.</summary>
public static class PasswordSchemes
{
    private static readonly (PasswordScheme Scheme, string Name)[] Names =
    [
        (PasswordScheme.ScramSha256, "SCRAM-SHA-256"),
        (PasswordScheme.Argon2Id, "ARGON2ID"),
        (PasswordScheme.BlowfishCrypt, "BLF-CRYPT"),
        (PasswordScheme.Sha512Crypt, "SHA512-CRYPT"),
        (PasswordScheme.Sha256Crypt, "SHA256-CRYPT"),
        (PasswordScheme.Plain, "PLAIN"),
    ];

    /// <summary>All names, for a message about a wrong one.</summary>
    public static IReadOnlyList<string> All { get; } = [.. Names.Select(pair => pair.Name)];

    /// <summary>Finds a scheme by name, in any case.</summary>
    public static bool TryParse(string? name, out PasswordScheme scheme)
    {
        foreach (var pair in Names)
        {
            scheme = pair.Scheme;
            if (pair.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
                return true;
        }

        scheme = default;
        return false;
    }

    /// <summary>The scheme's name without braces.</summary>
    public static string NameOf(PasswordScheme scheme) => Array.Find(Names, pair => pair.Scheme == scheme).Name;
}
