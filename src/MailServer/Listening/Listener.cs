using System.Net;
using System.Net.Sockets;
using MailServer.Server.Configuration;
using Microsoft.Extensions.Logging;

namespace MailServer.Server.Listening;

/// <summary>
/// One listening socket and its accept loop. The loop is our own: the one of Kestrel's transport takes every error of the socket for a
/// reset connection and tries again at once, so that it spins when the process is out of file descriptors (docs/adr/0004).
/// </summary>
internal sealed class Listener : IAsyncDisposable
{
    private const int Backlog = 512;

    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(1);

    private readonly Socket _socket;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _end = new();
    private Task _loop = Task.CompletedTask;
    private volatile ListenerConfig _config;

    private Listener(ListenerConfig config, Socket socket, bool isGiven, TimeProvider time, ILogger logger)
    {
        (_config, _socket, _time, _logger) = (config, socket, time, logger);
        IsGiven = isGiven;
        Address = (IPEndPoint)(socket.LocalEndPoint ?? config.Address);
    }

    /// <summary>What it serves; may change while it runs.</summary>
    public ListenerConfig Config
    {
        get => _config;
        set => _config = value;
    }

    /// <summary>The address it has, with the port taken.</summary>
    public IPEndPoint Address { get; }

    /// <summary>Whether systemd has opened the socket.</summary>
    public bool IsGiven { get; }

    /// <summary>Takes an address.</summary>
    /// <exception cref="ListenException">It cannot be had; the message names listener, address and reason.</exception>
    public static Listener Bind(ListenerConfig config, TimeProvider time, ILogger logger)
    {
        var socket = new Socket(config.Address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            // [::] is for IPv4 too, as administrators expect of it.
            if (config.Address.Address.Equals(IPAddress.IPv6Any))
                socket.DualMode = true;
            socket.Bind(config.Address);
            socket.Listen(Backlog);
            return new(config, socket, false, time, logger);
        }
        catch (SocketException e)
        {
            socket.Dispose();
            throw new ListenException(config, e);
        }
    }

    /// <summary>Takes a socket that systemd has opened.</summary>
    public static Listener Adopt(ListenerConfig config, Socket socket, TimeProvider time, ILogger logger) => new(config, socket, true, time, logger);

    /// <summary>Accepts connections from here on.</summary>
    /// <param name="accepted">Called for each; must not block and must not throw. The socket is its own.</param>
    public void Start(Action<Listener, Socket> accepted)
    {
        Log.Listening(_logger, _config.Name, Address.ToString(), _config.Protocol);
        using (ExecutionContext.SuppressFlow())
            _loop = Task.Run(() => AcceptAsync(accepted, _end.Token), CancellationToken.None);
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync().ConfigureAwait(false);
        _socket.Dispose();
        await _loop.ConfigureAwait(false);
        _end.Dispose();
    }

    private async Task AcceptAsync(Action<Listener, Socket> accepted, CancellationToken cancellationToken)
    {
        var pause = FirstPause;
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                var socket = await _socket.AcceptAsync(cancellationToken).ConfigureAwait(false);
                pause = FirstPause;
                accepted(this, socket);
            }
            catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException || cancellationToken.IsCancellationRequested)
            {
                return;
            }
            catch (SocketException e) when (e.SocketErrorCode is SocketError.ConnectionReset or SocketError.ConnectionAborted)
            {
                // The peer was gone before its turn came.
            }
            catch (SocketException e)
            {
                // EMFILE, ENFILE, ENOBUFS: others must end first. Said once for each episode.
                if (pause == FirstPause)
                    Log.AcceptFailed(_logger, _config.Name, e.Message);
                if (!await PauseAsync(pause, cancellationToken).ConfigureAwait(false))
                    return;
                pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
            }
        }
    }

    private async Task<bool> PauseAsync(TimeSpan pause, CancellationToken cancellationToken)
    {
        try
        {
            await Task.Delay(pause, _time, cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }
}

/// <summary>An address cannot be had.</summary>
internal sealed class ListenException(ListenerConfig listener, SocketException inner)
    : Exception($"listener \"{listener.Name}\": {listener.Address}: {(inner.SocketErrorCode == SocketError.AccessDenied ? "no permission (ports below 1024 need CAP_NET_BIND_SERVICE)" : inner.Message)}", inner)
{
    public ListenerConfig Listener => listener;
}
