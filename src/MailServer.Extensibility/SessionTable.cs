using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;

namespace MailServer.Extensibility;

/// <summary>All sessions. Each runs on one generation after the other, on the same connection, and its peer notices nothing.</summary>
internal sealed class SessionTable(Registry registry, ILogger logger)
{
    // A handler that hands over when nobody asked would spin for ever; a few are honest, when a swap and its undoing cross.
    private const int MaxUnaskedHandOvers = 8;

    private readonly ConcurrentDictionary<Session, bool> _sessions = new();
    private volatile bool _isClosing;

    public bool IsClosing => _isClosing;

    public int Count => _sessions.Count;

    public long SerialOf(string protocol) => registry.SerialOf(protocol);

    /// <summary>How many sessions run on any generation of a plugin.</summary>
    public int CountOf(string pluginId) => _sessions.Keys.Count(session => session.Generation?.Id == pluginId);

    /// <summary>The server stops: all sessions shall say goodbye.</summary>
    public void Close()
    {
        _isClosing = true;
        Interlocked.MemoryBarrier();
        WakeDraining();
    }

    /// <summary>Wakes the sessions that have reason to look up. Called after each swap.</summary>
    public void WakeDraining()
    {
        foreach (var session in _sessions.Keys)
            if (session.IsDraining)
                session.Connection.Wake();
    }

    public async ValueTask RunAsync(SessionConnection connection, string protocol, CancellationToken hardStop)
    {
        var session = new Session(this, connection, protocol);
        connection.Session = session;
        // The order matters: in the table first, then a generation. A swap sets the new one first, then looks at the table.
        _sessions[session] = true;
        Interlocked.MemoryBarrier();
        try
        {
            session.Generation = registry.Lease(protocol);
            if (session.Generation is null)
            {
                Log.NobodyServes(logger, connection.Info.Id, protocol);
                connection.Abort();
                return;
            }

            await RunSegmentsAsync(session, hardStop).ConfigureAwait(false);
        }
        finally
        {
            _sessions.TryRemove(session, out _);
            Leave(session);
        }
    }

    /// <summary>One segment is one generation's run. Nothing in here may hold an object of a plugin's.</summary>
    private async ValueTask RunSegmentsAsync(Session session, CancellationToken hardStop)
    {
        SessionState? state = null;
        while (true)
        {
            state = await RunSegmentAsync(session, state, hardStop).ConfigureAwait(false);
            if (state is null)
                return;
            if (MoveOn(session, state))
            {
                session.UnaskedHandOvers = 0;
                continue;
            }

            if (++session.UnaskedHandOvers <= MaxUnaskedHandOvers)
                continue;

            Log.HandsOverUnasked(logger, session.Connection.Info.Id, session.Protocol);
            session.Connection.Abort();
            await CloseAsync(state).ConfigureAwait(false);
            return;
        }
    }

    private static async ValueTask CloseAsync(SessionState state)
    {
        if (state.View is { } view)
            await view.DisposeAsync().ConfigureAwait(false);
        if (state.Account is { } account)
            await account.DisposeAsync().ConfigureAwait(false);
    }

    private async ValueTask<SessionState?> RunSegmentAsync(Session session, SessionState? resumed, CancellationToken hardStop)
    {
        if (session.Generation is not { } generation)
            return null;
        // A swap, or the server's stop, may have looked at the table when this session was there without its generation, and not woken it.
        Interlocked.MemoryBarrier();
        if (session.IsDraining)
            session.Connection.Wake();

        // A source for each segment: what a plugin registers on the token ends with the segment and cannot keep it alive.
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(hardStop);
        try
        {
            var end = await generation.HandlerOf(session.Protocol).RunAsync(session.Connection, resumed, stop.Token).ConfigureAwait(false);
            return end is SessionEnd.HandOver over ? Copy(over.State) : null;
        }
#pragma warning disable CA1031 // the handler's own boundary should have caught it; the listener must not see a plugin's exception
        catch (Exception e)
#pragma warning restore CA1031
        {
            if (!(e is OperationCanceledException && hardStop.IsCancellationRequested))
                Log.HandlerThrew(logger, session.Connection.Info.Id, session.Protocol, generation.Id, generation.Number, OneLine.Of(e));
            session.Connection.Abort();

            // It may have failed before it took them over; those that are closed already do not mind.
            if (resumed is not null)
                await CloseAsync(resumed).ConfigureAwait(false);
            return null;
        }
    }

    /// <summary>Leases the newest generation for a session that stands at a command boundary, if it can read its state. False when nobody new is there.</summary>
    private bool MoveOn(Session session, SessionState state)
    {
        if (registry.Lease(session.Protocol) is not { } newest)
            return false;
        if (newest.Serial == session.Generation?.Serial || newest.Serial == session.Refused)
        {
            newest.Release();
            return false;
        }

        if (CanResume(session, newest, state))
        {
            Leave(session);
            session.Generation = newest;
        }
        else
        {
            Log.StateRefused(logger, session.Connection.Info.Id, session.Protocol, newest.Id, newest.Number, state.Format);
            session.Refused = newest.Serial;
            newest.Release();
        }

        return true;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool CanResume(Session session, Generation newest, SessionState state)
    {
        try
        {
            return newest.HandlerOf(session.Protocol).CanResume(state);
        }
#pragma warning disable CA1031 // new code that fails here is new code that refuses
        catch (Exception e)
#pragma warning restore CA1031
        {
            Log.HandlerThrew(logger, session.Connection.Info.Id, session.Protocol, newest.Id, newest.Number, OneLine.Of(e));
            return false;
        }
    }

    // The bytes may lie in a buffer of the old generation's.
    private static SessionState Copy(SessionState state) =>
        new() { Format = state.Format, Data = state.Data.ToArray(), Account = state.Account, View = state.View };

    private static void Leave(Session session)
    {
        session.Generation?.Release();
        session.Generation = null;
    }
}
