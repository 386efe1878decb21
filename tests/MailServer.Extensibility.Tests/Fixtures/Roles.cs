// A filter, a rule, an authenticator and a directory in one plugin.
using MailServer;

[assembly: MailPlugin("PLUGIN-ID", typeof(Fixtures.RolesPlugin))]

namespace Fixtures;

public sealed class RolesPlugin : IPlugin, IMessageFilter, IDeliveryRule, IAuthenticator, IAccountDirectory
{
    private static readonly string Version = "VERSION-TEXT".TrimEnd();

    public string Name => Version;

    public ValueTask ConfigureAsync(IPluginHost host, CancellationToken cancellationToken)
    {
        host.Add((IMessageFilter)this);
        host.Add((IDeliveryRule)this);
        host.Add((IAuthenticator)this);
        host.Add((IAccountDirectory)this);
        return ValueTask.CompletedTask;
    }

    public ValueTask<Verdict> OnMessageAsync(Envelope envelope, IMessage message, CancellationToken cancellationToken) => new(Verdict.Weigh(1));

    public ValueTask<Delivery> DecideAsync(IMessage message, Recipient recipient, Delivery sofar, CancellationToken cancellationToken) =>
        new(sofar with { Flags = [Version] });

    public ValueTask<AuthResult> AuthenticateAsync(Credentials credentials, ConnectionInfo connection, CancellationToken cancellationToken) => credentials switch
    {
        Credentials.Password { UserName: "throw" } => throw new OwnException(),
        Credentials.Password { Secret: var secret } when secret == Version => new(new AuthResult(AuthOutcome.Accepted, Of("accepted"))),
        _ => new(new AuthResult(AuthOutcome.Unknown)),
    };

    public ValueTask<Outcome<User>> FindAsync(EmailAddress address, CancellationToken cancellationToken) =>
        address.LocalPart == Version
            ? new(new Outcome<User>(Of(Version)))
            : new(new Outcome<User>(Problem.NoSuchAccount));

    public ValueTask<IReadOnlyList<User>> ListAsync(CancellationToken cancellationToken) => new([Of(Version)]);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private static User Of(string name) => new() { Name = name, Address = new(name, "example.org") };

    private sealed class OwnException() : Exception("an exception of the plugin's own type");
}
