namespace MailServer.Server.Hosting;

/// <summary>Stands where storage and pipeline come.</summary>
internal sealed class NothingYet : IMailStore, IMailIngress
{
    public ValueTask<Outcome<IMailAccount>> OpenAsync(User user, CancellationToken cancellationToken) => new(Problem.Unavailable);

    public ValueTask<Problem?> ConnectAsync(ConnectionInfo connection, CancellationToken cancellationToken) => default;

    public ValueTask<IMailTransaction> BeginAsync(Envelope envelope, CancellationToken cancellationToken) =>
        throw new NotSupportedException("no pipeline");
}
