using System.Diagnostics.CodeAnalysis;

namespace MailServer.Plugins.Imap;

/// <summary>Runs one session after another; what belongs to a session is in <see cref="ImapSession"/>.</summary>
internal sealed class ImapHandler(ImapServices services) : IProtocolHandler
{
    /// <inheritdoc/>
    public string Protocol => "imap";

    /// <inheritdoc/>
    public IReadOnlyList<RehearsalTurn> Rehearsal => ImapRehearsal.Turns;

    /// <inheritdoc/>
    public bool CanResume(SessionState state) => HandOver.TryRead(state) is not null;

    /// <inheritdoc/>
    [SuppressMessage("Design", "CA1031:Do not catch general exception types", Justification = "the session boundary")]
    public async ValueTask<SessionEnd> RunAsync(IMailConnection connection, SessionState? resumed, CancellationToken cancellationToken)
    {
        var session = new ImapSession(services, connection);
        await using (session.ConfigureAwait(false))
        {
            try
            {
                return await session.RunAsync(resumed, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception exception) when (exception is IOException or OperationCanceledException)
            {
                Log.Ended(services.Logger, connection.Info.Id, exception is IOException ? exception.Message : "hard stop");
            }
            catch (Exception exception)
            {
                Log.Failed(services.Logger, connection.Info.Id, exception);
                await session.TrySayGoodbyeAsync("[SERVERBUG] Internal error").ConfigureAwait(false);
            }

            return SessionEnd.Closed.Instance;
        }
    }
}
