namespace MailServer.Imap.Tests;

/// <summary>Knows alice, password <c>seCret-7</c>.</summary>
internal sealed class FakeAccounts : IAuthenticator
{
    public AuthOutcome? Answer { get; set; }

    public Exception? Bug { get; set; }

    public ValueTask<AuthResult> AuthenticateAsync(Credentials credentials, ConnectionInfo connection, CancellationToken cancellationToken)
    {
        if (Bug is { } bug)
            throw bug;
        if (Answer is { } answer)
            return new(new AuthResult(answer));
        return new(credentials is Credentials.Password { UserName: "alice", Secret: "seCret-7", AuthorizationId: "" or "alice" }
            ? new AuthResult(AuthOutcome.Accepted, new() { Name = "alice", Address = new("alice", "example.org") })
            : new AuthResult(AuthOutcome.Refused));
    }
}
