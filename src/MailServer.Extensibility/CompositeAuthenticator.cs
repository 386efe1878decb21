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

    private async ValueTask<T> AskAsync<T>(string id, Func<ValueTask<T>> ask, T otherwise, CancellationToken cancellationToken)
    {
        try
        {
            return await ask().ConfigureAwait(false);
        }
#pragma warning disable CA1031 // a plugin's exception becomes text at this boundary; the caller is told that it could not be checked
        catch (Exception e)
#pragma warning restore CA1031
        {
            cancellationToken.ThrowIfCancellationRequested();
            Log.RoleThrew(logger, id, nameof(IAuthenticator), OneLine.Of(e));
            return otherwise;
        }
    }
}
