namespace MailServer;

/// <summary>Makes and checks password hashes in Dovecot's form, <c>{SCHEME}hash</c>.</summary>
public interface IPasswordHasher
{
    /// <summary>Hashes a password with the server's scheme.</summary>
    ValueTask<string> HashAsync(string password, CancellationToken cancellationToken);

    /// <summary>
    /// Checks a password against a stored hash, in constant time over the hash. False for a hash that cannot be read.
    /// A null <paramref name="hash"/> takes as long as a real one and is false: call it so for an unknown user, that nobody can tell by time.
    /// </summary>
    ValueTask<bool> VerifyAsync(string? hash, string password, CancellationToken cancellationToken);

    /// <summary>Why this stored hash can never be checked (unknown scheme, broken encoding), or null when it can.</summary>
    string? Explain(string hash);

    /// <summary>The SCRAM keys of a stored hash, or null when its scheme has none.</summary>
    ScramKeys? ScramKeysOf(string hash);
}
