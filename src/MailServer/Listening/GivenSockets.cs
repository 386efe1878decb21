using System.Globalization;
using System.Net;
using System.Net.Sockets;
using MailServer.Server.Configuration;

namespace MailServer.Server.Listening;

/// <summary>Sockets that systemd has opened for us (sd_listen_fds(3)).</summary>
internal sealed class GivenSockets
{
    // SD_LISTEN_FDS_START
    private const int First = 3;

    // More than any unit has; a number beyond it is not systemd's.
    private const int Max = 1024;

    private readonly List<(string Name, Socket Socket)> _sockets = [];

    /// <summary>None.</summary>
    public static GivenSockets None => new();

    /// <summary>Takes what the environment tells of, and takes that out of the environment: child processes must not think it theirs.</summary>
    public static GivenSockets FromEnvironment()
    {
        var given = new GivenSockets();
        var pid = Take("LISTEN_PID");
        var count = Take("LISTEN_FDS");
        var names = Take("LISTEN_FDNAMES")?.Split(':') ?? [];
        if (!int.TryParse(pid, CultureInfo.InvariantCulture, out var id) || id != Environment.ProcessId
            || !int.TryParse(count, CultureInfo.InvariantCulture, out var sockets) || sockets is < 0 or > Max)
            return given;
        for (var i = 0; i < sockets; i++)
            given._sockets.Add((i < names.Length ? names[i] : "", new(new SafeSocketHandle(First + i, ownsHandle: true))));
        return given;
    }

    /// <summary>The socket for a listener: of its name, or else of its address. Null when there is none.</summary>
    public Socket? Take(ListenerConfig listener)
    {
        var index = _sockets.FindIndex(given => given.Name == listener.Name);
        if (index < 0)
            index = _sockets.FindIndex(given => given.Socket.LocalEndPoint is IPEndPoint address && address.Equals(listener.Address));
        if (index < 0)
            return null;
        var socket = _sockets[index].Socket;
        _sockets.RemoveAt(index);
        return socket;
    }

    private static string? Take(string name)
    {
        var value = Environment.GetEnvironmentVariable(name);
        if (value is not null)
            Environment.SetEnvironmentVariable(name, null);
        return value;
    }
}
