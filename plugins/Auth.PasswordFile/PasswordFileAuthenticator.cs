using Microsoft.Extensions.Logging;

namespace MailServer.Plugins.AuthPasswordFile;

/// <summary>Checks passwords against the file. An unknown user costs what a wrong password costs, so no time tells which names exist.</summary>
internal sealed class PasswordFileAuthenticator(PasswordFile file, IPasswordHasher hasher, ILogger logger) : IAuthenticator
{
    // Hashes are made to be slow, and the hasher lets only a few run at once. Behind a hundred others a client has long given up:
    // better to say "later" than to let guessers fill the memory with waiting logins.
    private const int MaxWaiting = 100;

    private int _waiting;
    private Offer? _offer;

    /// <summary>SCRAM where each account of the file has keys for it.</summary>
    public AuthMeans Means
    {
        get
        {
            var table = file.Current();
            if (_offer is { } offer && ReferenceEquals(offer.Table, table))
                return offer.Means;
            var hasKeys = table.Entries.All(entry => entry is not { Hash: { } hash, IsBarred: false } || hasher.ScramKeysOf(hash) is not null);
            var means = hasKeys ? AuthMeans.Password | AuthMeans.Scram : AuthMeans.Password;
            _offer = new(table, means);
            return means;
        }
    }

    public async ValueTask<AuthResult> AuthenticateAsync(Credentials credentials, ConnectionInfo connection, CancellationToken cancellationToken)
    {
        var table = file.Current();
        if (credentials is Credentials.Proved proved)
            return Admit(table, table.FindLogin(proved.UserName), proved.AuthorizationId, connection);
        if (credentials is not Credentials.Password password)
            return new(AuthOutcome.Unknown);

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

        return Admit(table, entry, password.AuthorizationId, connection);
    }

    public ValueTask<ScramKeys?> FindScramKeysAsync(string userName, CancellationToken cancellationToken)
    {
        var entry = file.Current().FindLogin(userName);
        return new(entry is { Hash: { } hash, IsBarred: false } ? hasher.ScramKeysOf(hash) : null);
    }

    /// <summary>Lets in who has proved to be that user, from where that user may come.</summary>
    private AuthResult Admit(PasswordTable table, PasswordEntry? entry, string authorizationId, ConnectionInfo connection)
    {
        if (entry is null)
            return new(AuthOutcome.Unknown);
        // RFC 4616 §2: nobody acts for another here, so the authorization identity is empty or names the same account.
        if (authorizationId.Length > 0 && table.FindLogin(authorizationId) != entry)
            return new(AuthOutcome.Refused);
        if (entry.Admits(connection.Remote.Address))
            return new(AuthOutcome.Accepted, entry.User);
        Log.Barred(logger, connection.Id, entry.User.Name, connection.Remote.Address);
        return new(AuthOutcome.Refused);
    }

    private sealed record Offer(PasswordTable Table, AuthMeans Means);
}
