namespace MailServer.Server.Hosting;

/// <summary>What plugins get where no mail is served: commands load them to change accounts or to check their configuration.</summary>
internal sealed class NoMail : IMailStore, IMailIngress
{
    public ValueTask<Outcome<IMailAccount>> OpenAsync(User user, CancellationToken cancellationToken) => new(Problem.Unavailable);

    public ValueTask<Problem?> ConnectAsync(ConnectionInfo connection, CancellationToken cancellationToken) => new(Problem.Unavailable);

    public ValueTask<IMailTransaction> BeginAsync(Envelope envelope, CancellationToken cancellationToken) =>
        throw new NotSupportedException("no mail is served here");
}
