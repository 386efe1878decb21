namespace MailServer.Server.Hosting;

/// <summary>
/// The pipeline, as protocols see it: connections are greeted at once after a start, but a message waits until the rules are there,
/// which takes seconds when they must be compiled. Sorted late is right; sorted wrongly is not.
/// </summary>
internal sealed class DeferredIngress : IMailIngress
{
    private volatile IMailIngress? _pipeline;
    private Task _ready = Task.CompletedTask;

    /// <summary>Sets what messages go to, and what they wait for.</summary>
    public void Open(IMailIngress pipeline, Task ready)
    {
        _ready = ready;
        _pipeline = pipeline;
    }

    public bool SendsMail => Pipeline.SendsMail;

    public ValueTask<Problem?> MaySendAsAsync(User user, EmailAddress address, CancellationToken cancellationToken) =>
        Pipeline.MaySendAsAsync(user, address, cancellationToken);

    public ValueTask<Problem?> ConnectAsync(ConnectionInfo connection, CancellationToken cancellationToken) =>
        Pipeline.ConnectAsync(connection, cancellationToken);

    public ValueTask<IMailTransaction> BeginAsync(Envelope envelope, CancellationToken cancellationToken) =>
        _ready.IsCompletedSuccessfully ? Pipeline.BeginAsync(envelope, cancellationToken) : BeginLaterAsync(envelope, cancellationToken);

    private IMailIngress Pipeline => _pipeline ?? throw new InvalidOperationException("a plugin asks for mail while it is configured");

    private async ValueTask<IMailTransaction> BeginLaterAsync(Envelope envelope, CancellationToken cancellationToken)
    {
        await _ready.WaitAsync(cancellationToken).ConfigureAwait(false);
        return await Pipeline.BeginAsync(envelope, cancellationToken).ConfigureAwait(false);
    }
}
