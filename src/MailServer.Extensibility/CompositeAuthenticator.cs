using Microsoft.Extensions.Logging;

namespace MailServer.Extensibility;

/// <summary>All authenticators as one. Each call leases those that are in service for as long as it takes.</summary>
internal sealed class CompositeAuthenticator(Registry registry, ILogger logger) : IAuthenticator
{
    public async ValueTask<AuthResult> AuthenticateAsync(Credentials credentials, ConnectionInfo connection, CancellationToken cancellationToken)
    {
        using var lease = registry.Lease<IAuthenticator>();
        foreach (var (id, authenticator) in lease.Items)
        {
            var result = await AskAsync(id, () => authenticator.AuthenticateAsync(credentials, connection, cancellationToken), new(AuthOutcome.Unavailable), cancellationToken).ConfigureAwait(false);
            if (result.Outcome is not AuthOutcome.Unknown)
                return result;
        }

        return new(AuthOutcome.Unknown);
    }

    public AuthMeans Means
    {
        get
        {
            using var lease = registry.Lease<IAuthenticator>();
            var means = AuthMeans.None;
            var hasScram = true;
            foreach (var (_, authenticator) in lease.Items)
            {
                means |= authenticator.Means;
                hasScram &= !authenticator.Means.HasFlag(AuthMeans.Password) || authenticator.Means.HasFlag(AuthMeans.Scram);
            }

            return hasScram ? means : means & ~AuthMeans.Scram;
        }
    }

    public async ValueTask<ScramKeys?> FindScramKeysAsync(string userName, CancellationToken cancellationToken)
    {
        using var lease = registry.Lease<IAuthenticator>();
        foreach (var (id, authenticator) in lease.Items)
            if (await AskAsync(id, () => authenticator.FindScramKeysAsync(userName, cancellationToken), null, cancellationToken).ConfigureAwait(false) is { } keys)
                return keys;
        return null;
    }

    private ValueTask<T> AskAsync<T>(string id, Func<ValueTask<T>> ask, T otherwise, CancellationToken cancellationToken) =>
        RoleCall.AskAsync(nameof(IAuthenticator), id, ask, otherwise, logger, cancellationToken);
}
