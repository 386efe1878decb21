using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace MailServer.Server.Hosting;

/// <summary>Tells systemd how we are (sd_notify(3)); does nothing where nobody asked.</summary>
internal static class Systemd
{
    private static readonly string? Path = Take();

    /// <summary>All listeners are up; also after a reload.</summary>
    public static void Ready(string status) => Notify($"READY=1\nSTATUS={status}");

    public static void Reloading() =>
        // CLOCK_MONOTONIC in microseconds, which is what Stopwatch counts on Linux.
        Notify(string.Create(CultureInfo.InvariantCulture, $"RELOADING=1\nMONOTONIC_USEC={Stopwatch.GetTimestamp() / (Stopwatch.Frequency / 1_000_000)}"));

    public static void Stopping() => Notify("STOPPING=1");

    private static void Notify(string state)
    {
        if (Path is null)
            return;
        try
        {
            using var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
            socket.SendTo(Encoding.UTF8.GetBytes(state), new UnixDomainSocketEndPoint(Path[0] == '@' ? "\0" + Path[1..] : Path));
        }
        catch (SocketException)
        {
            // Whoever asked does not listen any more.
        }
    }

    /// <summary>Takes the socket's path, and takes it out of the environment: child processes must not speak for us.</summary>
    private static string? Take()
    {
        var path = Environment.GetEnvironmentVariable("NOTIFY_SOCKET");
        Environment.SetEnvironmentVariable("NOTIFY_SOCKET", null);
        return path is { Length: > 1 } && path[0] is '/' or '@' ? path : null;
    }
}
