using Microsoft.Extensions.Logging;

namespace MailServer.Plugins.AuthPasswordFile;

/// <summary>Checks passwords against the file. An unknown user costs what a wrong password costs, so no time tells which names exist.</summary>
internal sealed class PasswordFileAuthenticator(PasswordFile file, IPasswordHasher hasher, ILogger logger) : IAuthenticator
{
    // Hashes are made to be slow, and the hasher lets only a few run at once. Behind a hundred others a client has long given up:
    // better to say "later" than to let guessers fill the memory with waiting logins.
    private const int MaxWaiting = 100;

    private int _waiting;

    public async ValueTask<AuthResult> AuthenticateAsync(Credentials credentials, ConnectionInfo connection, CancellationToken cancellationToken)
    {
        if (credentials is not Credentials.Password password)
            return new(AuthOutcome.Unknown);

        var table = file.Current();
        var entry = table.FindLogin(password.UserName);
        var waiting = Interlocked.Increment(ref _waiting);
        try
        {
            if (waiting > MaxWaiting)
            {
                Log.TooManyChecks(logger, connection.Id, MaxWaiting);
                return new(AuthOutcome.Unavailable);
            }

            if (!await hasher.VerifyAsync(entry?.Hash, password.Secret, cancellationToken).ConfigureAwait(false))
                return new(entry is null ? AuthOutcome.Unknown : AuthOutcome.Refused);
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }

        // RFC 4616 §2: nobody acts for another here, so the authorization identity is empty or names the same account.
        if (entry is null || (password.AuthorizationId.Length > 0 && table.FindLogin(password.AuthorizationId) != entry))
            return new(AuthOutcome.Refused);
        if (entry.Admits(connection.Remote.Address))
            return new(AuthOutcome.Accepted, entry.User);
        Log.Barred(logger, connection.Id, entry.User.Name, connection.Remote.Address);
        return new(AuthOutcome.Refused);
    }

    public ValueTask<ScramKeys?> FindScramKeysAsync(string userName, CancellationToken cancellationToken)
    {
        // SCRAM asks for keys before anything is proved and tells nobody where the peer is; an account with conditions has to say its password.
        var entry = file.Current().FindLogin(userName);
        return new(entry is { Hash: { } hash, IsBarred: false, Networks: null } ? hasher.ScramKeysOf(hash) : null);
    }
}
