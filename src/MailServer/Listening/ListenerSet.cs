using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using MailServer.Extensibility;
using MailServer.Server.Configuration;
using MailServer.Server.Tls;
using MailServer.Wire.Proxy;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging;

namespace MailServer.Server.Listening;

/// <summary>All listeners and all connections that came in through them.</summary>
internal sealed class ListenerSet : IAsyncDisposable
{
    // What a server without connections has open, and some: its assemblies, listeners, watches, rules that are compiled.
    private const int OwnFiles = 200;

    private readonly PluginManager _plugins;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly SocketConnectionContextFactory _transport;
    private readonly ConcurrentDictionary<ClientConnection, bool> _connections = new();
    private readonly TaskCompletionSource _allGone = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly RefusalLog _refusals;
    private volatile Listener[] _listeners = [];
    private volatile ServerConfig _config;
    private int _running;
    private volatile bool _isDraining;
    private long _lastId;

    public ListenerSet(ServerConfig config, PluginManager plugins, TimeProvider time, ILogger logger)
    {
        (_config, _plugins, _time, _logger) = (config, plugins, time, logger);
        Limits = new(config.MaxConnections, config.MaxConnectionsPerAddress);
        _refusals = new(time, logger);
        _transport = new(
            new()
            {
                // A peer that sends faster than we take it in waits; one that reads slower than we send makes us wait. All connections
                // together may fill these, so they are small.
                MaxReadBufferSize = 64 * 1024,
                MaxWriteBufferSize = 64 * 1024,
                WaitForDataBeforeAllocatingBuffer = true,
            },
            logger);
    }

    public ConnectionLimits Limits { get; }

    public IReadOnlyList<Listener> Listeners => _listeners;

    /// <summary>Set before the first listener with TLS starts.</summary>
    public CertificateSource? Certificates { get; set; }

    /// <summary>Takes all addresses of a configuration, and accepts nothing yet.</summary>
    /// <exception cref="ListenException">One cannot be had; then none is held.</exception>
    public static async ValueTask<Listener[]> BindAsync(IReadOnlyList<ListenerConfig> wanted, IReadOnlyList<Listener> present, GivenSockets given, TimeProvider time, ILogger logger)
    {
        var listeners = new List<Listener>();
        var fresh = new List<Listener>();
        try
        {
            foreach (var config in wanted)
            {
                var listener = present.FirstOrDefault(old => old.Config.Address.Equals(config.Address) && (config.Address.Port != 0 || old.Config.Name == config.Name));
                if (listener is null)
                {
                    listener = given.Take(config) is { } socket ? Listener.Adopt(config, socket, time, logger) : Listener.Bind(config, time, logger);
                    fresh.Add(listener);
                }

                listeners.Add(listener);
            }

            return [.. listeners];
        }
        catch (ListenException)
        {
            foreach (var listener in fresh)
                await listener.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Puts bound listeners to work, with the configuration they were bound for. Those that are no longer named end; their connections go on.</summary>
    public async ValueTask UseAsync(ServerConfig config, Listener[] listeners)
    {
        var old = _listeners;
        _config = config;
        Limits.Set(MaxConnectionsOf(config), config.MaxConnectionsPerAddress);
        for (var i = 0; i < listeners.Length; i++)
            listeners[i].Config = config.Listeners[i];
        _listeners = listeners;
        foreach (var listener in listeners.Except(old))
            listener.Start(Accept);
        foreach (var listener in old.Except(listeners))
            await listener.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>Accepts no more, and waits until all sessions have ended or the time is over; then those that are left are cut off.</summary>
    public async ValueTask DrainAsync(TimeSpan limit, CancellationToken hurry)
    {
        foreach (var listener in _listeners)
            await listener.DisposeAsync().ConfigureAwait(false);
        _isDraining = true;
        // A session that ends now must see this, or we must see that it has ended.
        Interlocked.MemoryBarrier();
        if (Volatile.Read(ref _running) == 0)
            return;
        _plugins.CloseSessions();
        try
        {
            await _allGone.Task.WaitAsync(limit, _time, hurry).ConfigureAwait(false);
        }
        catch (Exception e) when (e is TimeoutException or OperationCanceledException)
        {
            Log.CutOff(_logger, Volatile.Read(ref _running));
            foreach (var connection in _connections.Keys)
                connection.Abort();
            // Handlers see their pipes end; one that does not is not worth waiting for.
            await Task.WhenAny(_allGone.Task, Task.Delay(TimeSpan.FromSeconds(2), _time, CancellationToken.None)).ConfigureAwait(false);
        }
    }

    public ValueTask DisposeAsync()
    {
        _transport.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>
    /// As configured, but no more than the process has file descriptors for: a session has its mail open beside its socket. Where they run
    /// out, the runtime cannot open an assembly that it needs just then, and does not try again.
    /// </summary>
    private int MaxConnectionsOf(ServerConfig config)
    {
        var possible = Math.Max(1, (OpenFileLimit.Read() - OwnFiles) / 2);
        if (config.MaxConnections <= possible)
            return config.MaxConnections;
        Log.TooFewFiles(_logger, possible, config.MaxConnections);
        return possible;
    }

    private void Accept(Listener listener, Socket socket)
    {
        var config = listener.Config;
        if (socket.RemoteEndPoint is not IPEndPoint remote)
        {
            socket.Dispose();
            return;
        }

        var isProxy = ProxyGate.IsProxy(config.Proxies, remote.Address);
        if ((isProxy ? Limits.TryEnter() : Limits.TryEnter(remote.Address)) is var limit && limit != LimitReached.None)
        {
            _refusals.Note(config.Name, remote, Limits.Count, limit);
            Refuse(socket, config);
            return;
        }

        Interlocked.Increment(ref _running);
        _ = Task.Run(() => ServeAsync(config, listener.Address, socket, remote, isProxy), CancellationToken.None);
    }

    private async Task ServeAsync(ListenerConfig listener, IPEndPoint bound, Socket socket, IPEndPoint remote, bool isProxy)
    {
        // Whose place it is; null as long as only the proxy is known.
        var counted = isProxy ? null : remote.Address;
        try
        {
            socket.NoDelay = true;
            var local = socket.LocalEndPoint as IPEndPoint ?? bound;
            var context = _transport.Create(socket);
            if (isProxy)
            {
                if (await TakeHeaderAsync(listener, context, remote).ConfigureAwait(false) is not { } header)
                    return;
                (local, remote) = (header.Destination ?? local, header.Source ?? remote);
                if (header.Source is not null && Limits.TryName(remote.Address) is var limit && limit != LimitReached.None)
                {
                    _refusals.Note(listener.Name, remote, Limits.Count, limit);
                    await context.DisposeAsync().ConfigureAwait(false);
                    return;
                }

                counted = header.Source?.Address;
            }

            await RunAsync(Wrap(listener, local, context, remote), listener, remote).ConfigureAwait(false);
        }
#pragma warning disable CA1031 // the session's boundary: nobody awaits this task
        catch (Exception e)
#pragma warning restore CA1031
        {
            // A socket that its peer has closed before we looked at it.
            if (e is not (SocketException or ObjectDisposedException))
                Log.SessionFailed(_logger, remote.ToString(), e);
            socket.Dispose();
        }
        finally
        {
            if (counted is null)
                Limits.Leave();
            else
                Limits.Leave(counted);
            if (Interlocked.Decrement(ref _running) == 0 && _isDraining)
                _allGone.TrySetResult();
        }
    }

    private async ValueTask RunAsync(ClientConnection connection, ListenerConfig listener, IPEndPoint remote)
    {
        await using (connection.ConfigureAwait(false))
        {
            _connections[connection] = true;
            try
            {
                Log.Connected(_logger, connection.Info.Id, listener.Name, remote.ToString());
                if (listener.Tls != TlsMode.Implicit || await HandshakeAsync(connection).ConfigureAwait(false))
                    await _plugins.RunSessionAsync(connection, listener.Protocol, connection.HardStop).ConfigureAwait(false);
            }
            finally
            {
                _connections.TryRemove(connection, out _);
                Log.Closed(_logger, connection.Info.Id);
            }
        }
    }

    /// <summary>What the proxy says of the client; null when it says nothing that can be read, and then the connection is over.</summary>
    private async ValueTask<ProxyHeader?> TakeHeaderAsync(ListenerConfig listener, ConnectionContext context, IPEndPoint proxy)
    {
        try
        {
            return await ProxyGate.ReadAsync(context.Transport.Input, _time).ConfigureAwait(false);
        }
        catch (IOException e)
        {
            Log.ProxyHeaderMissing(_logger, listener.Name, proxy.ToString(), e.Message);
            context.Abort(new ConnectionAbortedException(e.Message));
            await context.DisposeAsync().ConfigureAwait(false);
            return null;
        }
    }

    private ClientConnection Wrap(ListenerConfig listener, IPEndPoint local, ConnectionContext context, IPEndPoint remote)
    {
        var certificates = listener.Tls == TlsMode.None ? null : Certificates;
        var info = new ConnectionInfo
        {
            Id = $"c{Interlocked.Increment(ref _lastId)}",
            Listener = listener.Name,
            Local = Unmapped(local),
            Remote = Unmapped(remote),
            CanStartTls = listener.Tls == TlsMode.StartTls && certificates is not null,
            CanCompress = true,
            AllowsPlaintextAuth = _config.AllowPlaintextOnLoopback && IPAddress.IsLoopback(Unmapped(local).Address) && IPAddress.IsLoopback(Unmapped(remote).Address),
        };
        return new(context, info, certificates, _time);
    }

    private async ValueTask<bool> HandshakeAsync(ClientConnection connection)
    {
        try
        {
            await connection.HandshakeAsync(CancellationToken.None).ConfigureAwait(false);
            return true;
        }
        catch (IOException e)
        {
            Log.HandshakeFailed(_logger, connection.Info.Id, connection.Info.Remote.ToString(), e.Message);
            return false;
        }
    }

    /// <summary>Says why in the protocol's words, where that costs nothing: a fresh socket takes a line without waiting.</summary>
    private void Refuse(Socket socket, ListenerConfig listener)
    {
        using (socket)
        {
            // RFC 5321 §3.8, RFC 9051 §7.1.5, RFC 1939 §3
            var line = (listener.Tls, listener.Protocol) switch
            {
                (TlsMode.Implicit, _) => "",
                (_, "smtp" or "submission" or "lmtp") => $"421 4.7.0 {_config.Hostname} Too many connections\r\n",
                (_, "imap") => "* BYE Too many connections\r\n",
                (_, "pop3") => "-ERR Too many connections\r\n",
                _ => "",
            };
            if (line.Length > 0)
                socket.Send(Encoding.ASCII.GetBytes(line), SocketFlags.None, out _);
            try
            {
                socket.Shutdown(SocketShutdown.Both);
            }
            catch (SocketException)
            {
                // It is gone already.
            }
        }
    }

    private static IPEndPoint Unmapped(IPEndPoint address) =>
        address.Address.IsIPv4MappedToIPv6 ? new(address.Address.MapToIPv4(), address.Port) : address;
}
