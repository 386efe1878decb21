using Microsoft.Extensions.Logging;

namespace MailServer.Plugins.Template;

/// <summary>
/// A protocol of lines, small but whole: <c>NOOP</c>, <c>COUNT</c> and <c>QUIT</c>. A session has a state (how many commands it has
/// seen) that goes on when a new generation takes over.
/// </summary>
internal sealed class GreeterHandler(Settings settings, ServerInfo server, TimeProvider time, ILogger logger) : IProtocolHandler
{
    /// <inheritdoc/>
    public string Protocol => "template";

    /// <inheritdoc/>
    public bool CanResume(SessionState state) => SessionRecord.TryRead(state, out _);

    /// <inheritdoc/>
    public async ValueTask<SessionEnd> RunAsync(IMailConnection connection, SessionState? resumed, CancellationToken cancellationToken)
    {
        // One session object for each generation: none of its parts may live on after this method has returned.
        var session = new GreeterSession(settings, connection, time);
        if (resumed is not null && SessionRecord.TryRead(resumed, out var record))
            session.Record = record;
        else
            await session.ReplyAsync($"{server.Hostname} {settings.Greeting}", cancellationToken).ConfigureAwait(false);

        try
        {
            return await session.RunAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (IOException e)
        {
            // The peer is gone; that is no error of ours.
            Log.PeerGone(logger, connection.Info.Id, e.Message);
            return SessionEnd.Closed.Instance;
        }
    }
}
