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
