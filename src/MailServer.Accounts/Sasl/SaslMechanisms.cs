namespace MailServer.Accounts.Sasl;

/// <summary>SASL over the authenticators that are in service: what is offered follows from what they can check.</summary>
/// <param name="authenticator">All of them as one.</param>
/// <param name="secret">The server's own, kept from one start to the next: from it come the SCRAM keys of users that there are not.</param>
public sealed class SaslMechanisms(IAuthenticator authenticator, ReadOnlyMemory<byte> secret) : ISasl
{
    private const string ScramPlus = "SCRAM-SHA-256-PLUS", Scram = "SCRAM-SHA-256", OauthBearer = "OAUTHBEARER", Xoauth2 = "XOAUTH2", Plain = "PLAIN", Login = "LOGIN";

    /// <inheritdoc/>
    public IReadOnlyList<string> MechanismsFor(ConnectionInfo connection)
    {
        ArgumentNullException.ThrowIfNull(connection);
        if (!connection.AllowsPlaintextAuth)
            return [];
        var means = authenticator.Means;
        List<string> offered = [];
        if (means.HasFlag(AuthMeans.Scram))
        {
            if (CanBind(connection))
                offered.Add(ScramPlus);
            offered.Add(Scram);
        }

        if (means.HasFlag(AuthMeans.Bearer))
            offered.AddRange([OauthBearer, Xoauth2]);
        if (means.HasFlag(AuthMeans.Password))
            offered.AddRange([Plain, Login]);
        return offered;
    }

    /// <inheritdoc/>
    public ISaslExchange? Begin(string mechanism, ConnectionInfo connection)
    {
        var offered = MechanismsFor(connection).FirstOrDefault(name => name.Equals(mechanism, StringComparison.OrdinalIgnoreCase));
        var verifier = new SaslVerifier(authenticator, connection);
        return offered switch
        {
            ScramPlus => new ScramExchange(verifier, new(secret), ScramPlus, connection.Tls?.ServerEndPoint),
            Scram => new ScramExchange(verifier, new(secret), CanBind(connection) ? ScramPlus : null, null),
            OauthBearer => new BearerExchange(verifier, isXoauth2: false),
            Xoauth2 => new BearerExchange(verifier, isXoauth2: true),
            Plain => new PlainExchange(verifier),
            Login => new LoginExchange(verifier),
            _ => null,
        };
    }

    private static bool CanBind(ConnectionInfo connection) => connection.Tls is { ServerEndPoint.IsEmpty: false };
}
