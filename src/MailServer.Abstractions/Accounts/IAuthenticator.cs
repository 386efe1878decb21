namespace MailServer;

/// <summary>Checks who someone is.</summary>
public interface IAuthenticator
{
    /// <summary>Checks credentials. <see cref="AuthOutcome.Unknown"/> passes the question to the next authenticator.</summary>
    ValueTask<AuthResult> AuthenticateAsync(Credentials credentials, ConnectionInfo connection, CancellationToken cancellationToken);

    /// <summary>What all its users can log in with.</summary>
    AuthMeans Means => AuthMeans.Password;

    /// <summary>Finds SCRAM keys (RFC 5802 §3) of a user, or null when this authenticator keeps none.</summary>
    ValueTask<ScramKeys?> FindScramKeysAsync(string userName, CancellationToken cancellationToken) => new((ScramKeys?)null);
}

/// <summary>What the users of an authenticator can log in with.</summary>
[Flags]
public enum AuthMeans
{
    /// <summary>With nothing that it knows of.</summary>
    None = 0,
    /// <summary>A password that is said (<see cref="Credentials.Password"/>).</summary>
    Password = 1,
    /// <summary>
    /// A password that is not said: there are SCRAM keys for every user. For some is not enough: a client that is offered SCRAM takes it, and
    /// does not try PLAIN when it fails.
    /// </summary>
    Scram = 2,
    /// <summary>A token of somebody else's (<see cref="Credentials.Bearer"/>).</summary>
    Bearer = 4,
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

    /// <summary>SASL OAUTHBEARER (RFC 7628), XOAUTH2.</summary>
    /// <param name="AuthorizationId">Whom to act as; the token says who it is, and the authenticator whether that is the same.</param>
    /// <param name="Token">The token. Never in a log.</param>
    public sealed record Bearer(string AuthorizationId, string Token) : Credentials
    {
        /// <inheritdoc/>
        public override string ToString() => "Bearer";
    }

    /// <summary>
    /// The server itself has seen the proof that this is the user: of a key that <see cref="IAuthenticator.FindScramKeysAsync"/> gave, or a
    /// client certificate. To be answered: is there such a user, and may it come now and from there?
    /// </summary>
    /// <param name="AuthorizationId">Whom to act as; empty for the user itself.</param>
    /// <param name="UserName">Who it is.</param>
    /// <param name="Mechanism">How it was proved, as <c>SCRAM-SHA-256</c>.</param>
    public sealed record Proved(string AuthorizationId, string UserName, string Mechanism) : Credentials;
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
