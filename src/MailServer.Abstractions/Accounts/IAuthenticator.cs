namespace MailServer;

/// <summary>Checks who someone is.</summary>
public interface IAuthenticator
{
    /// <summary>Checks credentials. <see cref="AuthOutcome.Unknown"/> passes the question to the next authenticator.</summary>
    ValueTask<AuthResult> AuthenticateAsync(Credentials credentials, ConnectionInfo connection, CancellationToken cancellationToken);

    /// <summary>Finds SCRAM keys (RFC 5802 §3) of a user, or null when this authenticator keeps none.</summary>
    ValueTask<ScramKeys?> FindScramKeysAsync(string userName, CancellationToken cancellationToken) => new((ScramKeys?)null);
}

/// <summary>What an authenticator found.</summary>
public enum AuthOutcome
{
    /// <summary>Not a user of this authenticator's.</summary>
    Unknown,
    /// <summary>Right.</summary>
    Accepted,
    /// <summary>Wrong, or not allowed in; the peer isn't told which.</summary>
    Refused,
    /// <summary>Could not be checked now.</summary>
    Unavailable,
}

/// <summary>An authenticator's answer.</summary>
/// <param name="Outcome">What it found.</param>
/// <param name="User">Set when accepted.</param>
public readonly record struct AuthResult(AuthOutcome Outcome, User? User = null);

/// <summary>What a client presents.</summary>
public abstract record Credentials
{
    private Credentials() { }

    /// <summary>SASL PLAIN (RFC 4616), IMAP LOGIN, POP3 USER/PASS.</summary>
    /// <param name="AuthorizationId">Whom to act as; empty for the user itself.</param>
    /// <param name="UserName">Who presents the secret.</param>
    /// <param name="Secret">The password. Never in a log.</param>
    public sealed record Password(string AuthorizationId, string UserName, string Secret) : Credentials
    {
        /// <inheritdoc/>
        public override string ToString() => $"Password {{ UserName = {UserName} }}";
    }

    /// <summary>SASL OAUTHBEARER (RFC 7628).</summary>
    /// <param name="AuthorizationId">Whom to act as.</param>
    /// <param name="Token">The token. Never in a log.</param>
    public sealed record Bearer(string AuthorizationId, string Token) : Credentials
    {
        /// <inheritdoc/>
        public override string ToString() => "Bearer";
    }
}

/// <summary>Keys stored for SCRAM, RFC 5802 §3.</summary>
public sealed class ScramKeys
{
    /// <summary>As <c>SCRAM-SHA-256</c>.</summary>
    public required string Mechanism { get; init; }

    /// <summary>The salt.</summary>
    public required ReadOnlyMemory<byte> Salt { get; init; }

    /// <summary>The iteration count.</summary>
    public required int Iterations { get; init; }

    /// <summary>StoredKey.</summary>
    public required ReadOnlyMemory<byte> StoredKey { get; init; }

    /// <summary>ServerKey.</summary>
    public required ReadOnlyMemory<byte> ServerKey { get; init; }
}
