using System.Net;
using System.Security.Cryptography;
using System.Text;
using MailServer.Accounts.Sasl;
using MailServer.Accounts.Schemes;

namespace MailServer.Accounts.Tests;

public class SaslTests
{
    private static readonly User Alice = new() { Name = "user", Address = new("user", "example.org") };

    private static readonly byte[] EndPoint = SHA256.HashData("a certificate"u8);

    private readonly FakeDirectory _directory = new();

    [Theory]
    [InlineData(AuthMeans.Password, true, true, "PLAIN LOGIN")]
    [InlineData(AuthMeans.Password | AuthMeans.Scram, true, true, "SCRAM-SHA-256-PLUS SCRAM-SHA-256 PLAIN LOGIN")]
    [InlineData(AuthMeans.Password | AuthMeans.Scram, true, false, "SCRAM-SHA-256 PLAIN LOGIN")]
    [InlineData(AuthMeans.Password | AuthMeans.Bearer, true, true, "OAUTHBEARER XOAUTH2 PLAIN LOGIN")]
    [InlineData(AuthMeans.None, true, true, "")]
    [InlineData(AuthMeans.Password | AuthMeans.Scram | AuthMeans.Bearer, false, false, "")]
    public void What_is_offered_follows_from_what_can_be_checked(AuthMeans means, bool mayAuthenticate, bool isTls, string offered)
    {
        _directory.Means = means;
        var connection = Connection(isTls) with { AllowsPlaintextAuth = mayAuthenticate };
        var sasl = new SaslMechanisms(_directory, "secret"u8.ToArray());
        Assert.Equal(offered, string.Join(' ', sasl.MechanismsFor(connection)));
        Assert.Equal(offered.Contains("SCRAM-SHA-256 ", StringComparison.Ordinal), sasl.Begin("scram-sha-256", connection) is not null);
        Assert.Null(sasl.Begin("CRAM-MD5", connection));
    }

    [Fact]
    public async Task The_dialog_of_RFC_7677_goes_as_it_is_written()
    {
        var exchange = new ScramExchange(Verifier(), new("secret"u8.ToArray()), null, null) { ServerNonce = "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"u8.ToArray() };
        Assert.Equal("", await SayAsync(exchange, null));
        Assert.Equal("r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
            await SayAsync(exchange, "n,,n=user,r=rOprNGfwEbeRWgbNEkqO"));
        Assert.Equal("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=",
            await SayAsync(exchange, "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="));
        Assert.Equal(Alice, Assert.IsType<SaslStep.Accepted>(await exchange.RespondAsync([], default)).User);
        Assert.Equal(new Credentials.Proved("", "user", "SCRAM-SHA-256"), _directory.Asked);
    }

    [Theory]
    [InlineData("pencil", "n,,", false, true)]                                   // as RFC 7677 has it
    [InlineData("pen\u00ADcil", "n,,", false, true)]                             // the same after SASLprep
    [InlineData("Pencil", "n,,", false, false)]
    [InlineData("pencil", "y,,", false, true)]                                   // the client could bind, we cannot: nobody has been lied to
    [InlineData("pencil", "p=tls-server-end-point,,", true, true)]
    [InlineData("Pencil", "p=tls-server-end-point,,", true, false)]
    [InlineData("pencil", "n,a=user,", false, true)]
    public async Task A_client_that_knows_the_password_gets_in(string password, string header, bool isPlus, bool isRight)
    {
        var exchange = new ScramExchange(Verifier(), new("secret"u8.ToArray()), isPlus ? "SCRAM-SHA-256-PLUS" : null, isPlus ? EndPoint : (ReadOnlyMemory<byte>?)null);
        var step = await ScramClient.RunAsync(exchange, header, "user", password, isPlus ? EndPoint : []);
        Assert.Equal(isRight, step is SaslStep.Accepted);
        if (!isRight)
            Assert.Equal(new SaslStep.Refused(AuthOutcome.Refused, "user"), step);
    }

    [Theory]
    [InlineData("y,,", false)]                                                   // "the server cannot bind", but it has offered to: somebody sits between
    [InlineData("n,,", true)]                                                    // PLUS without a binding
    [InlineData("p=tls-unique,,", true)]                                         // a binding that is none here
    [InlineData("p=tls-server-end-point,,", false)]                              // a binding where the mechanism has none
    public async Task A_binding_that_does_not_fit_the_mechanism_ends_the_exchange(string header, bool isPlus)
    {
        var exchange = new ScramExchange(Verifier(), new("secret"u8.ToArray()), "SCRAM-SHA-256-PLUS", isPlus ? EndPoint : (ReadOnlyMemory<byte>?)null);
        Assert.IsType<SaslStep.Malformed>(await exchange.RespondAsync(Encoding.ASCII.GetBytes(header + "n=user,r=abc"), default));
    }

    [Fact]
    public async Task Bound_to_another_connection_the_right_password_is_refused()
    {
        var exchange = new ScramExchange(Verifier(), new("secret"u8.ToArray()), "SCRAM-SHA-256-PLUS", EndPoint);
        var step = await ScramClient.RunAsync(exchange, "p=tls-server-end-point,,", "user", "pencil", SHA256.HashData("another certificate"u8));
        Assert.IsType<SaslStep.Refused>(step);
        Assert.Null(_directory.Asked);
    }

    [Theory]
    [InlineData("")]
    [InlineData("n,,n=user")]
    [InlineData("n,,r=abc,n=user")]
    [InlineData("n,,m=x,n=user,r=abc")]                                          // RFC 5802 §5.1: a mandatory extension that nobody knows
    [InlineData("n,b=user,n=user,r=abc")]
    [InlineData("n,,n=us=er,r=abc")]
    [InlineData("n,,n=,r=abc")]
    [InlineData("n,,n=user,r=")]
    [InlineData("n,,n=user,r=a b")]
    [InlineData("q,,n=user,r=abc")]
    [InlineData("n")]
    [InlineData("n,,n=\u0007,r=abc")]
    public async Task A_first_message_that_is_none_is_malformed(string text)
    {
        var exchange = new ScramExchange(Verifier(), new("secret"u8.ToArray()), null, null);
        Assert.IsType<SaslStep.Malformed>(await exchange.RespondAsync(Encoding.UTF8.GetBytes(text), default));
    }

    [Theory]
    [InlineData("")]
    [InlineData("c=biws,r=NONCE")]
    [InlineData("c=biws,r=other,p=AAAA")]
    [InlineData("c=!,r=NONCE,p=AAAA")]
    [InlineData("r=NONCE,p=AAAA")]
    [InlineData("c=biws,r=NONCE,p=AAAA")]                                        // a proof of three octets
    public async Task A_last_message_that_is_none_is_malformed(string text)
    {
        var exchange = new ScramExchange(Verifier(), new("secret"u8.ToArray()), null, null) { ServerNonce = "xyz"u8.ToArray() };
        await SayAsync(exchange, "n,,n=user,r=abc");
        Assert.IsType<SaslStep.Malformed>(await exchange.RespondAsync(Encoding.ASCII.GetBytes(text.Replace("NONCE", "abcxyz", StringComparison.Ordinal)), default));
    }

    [Fact]
    public async Task A_user_that_there_is_not_looks_like_one_and_like_itself_the_next_time()
    {
        async Task<string> AskAsync(string name, string secret) =>
            (await SayAsync(new ScramExchange(Verifier(), new(Encoding.ASCII.GetBytes(secret)), null, null) { ServerNonce = "xyz"u8.ToArray() }, $"n,,n={name},r=abc"))!;

        var first = await AskAsync("nobody", "a");
        Assert.Matches("^r=abcxyz,s=[A-Za-z0-9+/]{22}==,i=200000$", first);
        Assert.Equal(first, await AskAsync("nobody", "a"));
        Assert.Equal(first, await AskAsync("Nobody", "a"));
        Assert.NotEqual(first, await AskAsync("nobody2", "a"));
        Assert.NotEqual(first, await AskAsync("nobody", "b"));
        var exchange = new ScramExchange(Verifier(), new("a"u8.ToArray()), null, null);
        Assert.IsType<SaslStep.Refused>(await ScramClient.RunAsync(exchange, "n,,", "nobody", "pencil", []));
    }

    [Fact]
    public async Task Who_has_proved_its_password_may_still_not_come_in()
    {
        _directory.Outcome = AuthOutcome.Refused;
        var step = await ScramClient.RunAsync(new ScramExchange(Verifier(), new("a"u8.ToArray()), null, null), "n,,", "user", "pencil", []);
        Assert.IsType<SaslStep.Refused>(step);
    }

    [Theory]
    [InlineData(false, "n,a=user@example.org,\u0001host=mx.example.org\u0001port=143\u0001auth=Bearer t0ken\u0001\u0001", "user@example.org", "t0ken")]
    [InlineData(false, "n,,\u0001auth=bearer t0ken\u0001\u0001", "", "t0ken")]
    [InlineData(true, "user=user@example.org\u0001auth=Bearer t0ken\u0001\u0001", "user@example.org", "t0ken")]
    [InlineData(false, "n,,\u0001auth=Basic t0ken\u0001\u0001", null, "")]
    [InlineData(false, "n,,\u0001auth=Bearer t0ken\u0001", null, "")]
    [InlineData(false, "p=x,,\u0001auth=Bearer t0ken\u0001\u0001", null, "")]
    [InlineData(false, "\u0001", null, "")]
    [InlineData(true, "n,,\u0001auth=Bearer t0ken\u0001\u0001", null, "")]
    public async Task A_token_is_read(bool isXoauth2, string text, string? authorizationId, string token)
    {
        var exchange = new BearerExchange(Verifier(), isXoauth2);
        var step = await exchange.RespondAsync(Encoding.UTF8.GetBytes(text), default);
        if (authorizationId is null)
            Assert.IsType<SaslStep.Malformed>(step);
        else
            Assert.Equal(new Credentials.Bearer(authorizationId, token), _directory.Asked);
    }

    [Fact]
    public async Task A_token_that_is_no_good_is_explained_and_then_refused()
    {
        _directory.Outcome = AuthOutcome.Refused;
        var exchange = new BearerExchange(Verifier(), isXoauth2: false);
        Assert.Equal("""{"status":"invalid_token"}""", await SayAsync(exchange, "n,,\u0001auth=Bearer old\u0001\u0001"));
        Assert.IsType<SaslStep.Refused>(await exchange.RespondAsync([1], default));
    }

    [Fact]
    public async Task LOGIN_asks_for_the_name_and_the_password()
    {
        var exchange = new LoginExchange(Verifier());
        Assert.Equal("Username:", await SayAsync(exchange, null));
        Assert.Equal("Password:", await SayAsync(exchange, "user"));
        Assert.IsType<SaslStep.Accepted>(await exchange.RespondAsync("pencil"u8.ToArray(), default));
        Assert.Equal(new Credentials.Password("", "user", "pencil"), _directory.Asked);

        exchange = new LoginExchange(Verifier());
        Assert.Equal("Password:", await SayAsync(exchange, "user"));
        Assert.IsType<SaslStep.Malformed>(await exchange.RespondAsync([], default));
    }

    private SaslVerifier Verifier() => new(_directory, Connection(isTls: true));

    private static async Task<string?> SayAsync(ISaslExchange exchange, string? text) =>
        Encoding.UTF8.GetString(Assert.IsType<SaslStep.Challenge>(await exchange.RespondAsync(text is null ? null : Encoding.UTF8.GetBytes(text), default)).Data.Span);

    private static ConnectionInfo Connection(bool isTls) => new()
    {
        Id = "c1",
        Listener = "imap",
        Local = new(IPAddress.Loopback, 143),
        Remote = new(IPAddress.Loopback, 50000),
        AllowsPlaintextAuth = true,
        Tls = isTls ? new() { Protocol = "TLS1.3", CipherSuite = "x", ServerEndPoint = EndPoint } : null,
    };

    /// <summary>Knows <c>user</c>, whose password is "pencil", with the salt of RFC 7677.</summary>
    private sealed class FakeDirectory : IAuthenticator
    {
        private static readonly ScramKeys Keys = ScramHash.Make("pencil", 4096, Convert.FromBase64String("W22ZaJ0SNY7soEsUEjb6gQ==")).Keys;

        public AuthMeans Means { get; set; } = AuthMeans.Password;

        public AuthOutcome Outcome { get; set; } = AuthOutcome.Accepted;

        public Credentials? Asked { get; private set; }

        public ValueTask<AuthResult> AuthenticateAsync(Credentials credentials, ConnectionInfo connection, CancellationToken cancellationToken)
        {
            Asked = credentials;
            return new(new AuthResult(Outcome, Outcome == AuthOutcome.Accepted ? Alice : null));
        }

        public ValueTask<ScramKeys?> FindScramKeysAsync(string userName, CancellationToken cancellationToken) => new(userName == "user" ? Keys : null);
    }
}
