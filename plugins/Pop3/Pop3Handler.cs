namespace MailServer.Plugins.Pop3;

/// <summary>Runs POP3 sessions.</summary>
internal sealed class Pop3Handler(Pop3Services services) : IProtocolHandler
{
    public string Protocol => "pop3";

    public bool CanResume(SessionState state) => SavedSession.TryRead(state, out _);

    /// <inheritdoc/>
    public IReadOnlyList<RehearsalTurn> Rehearsal { get; } =
    [
        new("", "+OK"),
        new("CAPA\r\n", "."),
        new("USER nobody\r\n", "+OK"),
        new("PASS rehearsal\r\n", "+OK"),
        new("STAT\r\n", "+OK"),
        new("UIDL\r\n", "."),
        new("LIST\r\n", "."),
        new("RETR 1\r\n", "."),
        new("TOP 1 0\r\n", "."),
        new("DELE 1\r\n", "+OK"),
        new("QUIT\r\n", "+OK"),
    ];

    public async ValueTask<SessionEnd> RunAsync(IMailConnection connection, SessionState? resumed, CancellationToken cancellationToken)
    {
        var saved = resumed is not null && SavedSession.TryRead(resumed, out var read) ? read : null;
        var limit = new TimeLimit(services.Time, cancellationToken);
        var session = new Pop3Session(services, connection, limit, saved);
        try
        {
            return await session.RunAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (limit.IsOver && !cancellationToken.IsCancellationRequested)
        {
            // RFC 1939 §3: an autologout closes without a word and removes nothing.
            Log.TimedOut(services.Logger, connection.Info.Id);
            connection.Abort();
        }
        catch (IOException e)
        {
            // The peer is gone, or a file broke off in the midst of a message: what was sent must not look like a whole one.
            Log.BrokenOff(services.Logger, connection.Info.Id, e.Message);
            connection.Abort();
        }
        finally
        {
            limit.Dispose();
            await session.DisposeAsync().ConfigureAwait(false);
        }

        return SessionEnd.Closed.Instance;
    }
}
