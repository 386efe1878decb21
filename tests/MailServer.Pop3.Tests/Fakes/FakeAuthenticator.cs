namespace MailServer.Pop3.Tests.Fakes;

/// <summary>Knows alice, whose password is "secret word".</summary>
public sealed class FakeAuthenticator : IAuthenticator
{
    public bool IsAway { get; set; }

    public ValueTask<AuthResult> AuthenticateAsync(Credentials credentials, ConnectionInfo connection, CancellationToken cancellationToken)
    {
        Assert.True(connection.AllowsPlaintextAuth);
        if (IsAway)
            return new(new AuthResult(AuthOutcome.Unavailable));
        return new(credentials switch
        {
            Credentials.Password { AuthorizationId: "" or "alice", UserName: "alice", Secret: "secret word" } =>
                new AuthResult(AuthOutcome.Accepted, new User { Name = "alice", Address = new("alice", "example.org") }),
            Credentials.Password { UserName: "alice" } => new AuthResult(AuthOutcome.Refused),
            _ => new AuthResult(AuthOutcome.Unknown),
        });
    }
}
