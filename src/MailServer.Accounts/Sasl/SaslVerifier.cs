using System.Text;

namespace MailServer.Accounts.Sasl;

/// <summary>What exchanges share: the question to the authenticators, for one connection.</summary>
internal sealed class SaslVerifier(IAuthenticator authenticator, ConnectionInfo connection)
{
    public static SaslStep Empty { get; } = new SaslStep.Challenge(default);

    public ValueTask<ScramKeys?> FindKeysAsync(string userName, CancellationToken cancellationToken) => authenticator.FindScramKeysAsync(userName, cancellationToken);

    /// <summary>Whether these credentials let somebody in.</summary>
    public async ValueTask<SaslStep> CheckAsync(Credentials credentials, string userName, CancellationToken cancellationToken)
    {
        var result = await authenticator.AuthenticateAsync(credentials, connection, cancellationToken).ConfigureAwait(false);
        return result is { Outcome: AuthOutcome.Accepted, User: { } user } ? new SaslStep.Accepted(user)
            : new SaslStep.Refused(result.Outcome == AuthOutcome.Accepted ? AuthOutcome.Refused : result.Outcome, userName);
    }

    public static string Text(ReadOnlySpan<byte> octets) => Encoding.UTF8.GetString(octets);
}
