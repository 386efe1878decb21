using System.Net.Sockets;
using System.Text.Json;

namespace MailServer.Server.Control;

/// <summary>Asks a running server.</summary>
internal static class ControlClient
{
    // The longest that a reload may take: each plugin has thirty seconds.
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);

    /// <summary>The server's answer, or null when none runs with this data directory.</summary>
    /// <exception cref="IOException">It cannot be asked, or does not answer.</exception>
    public static async ValueTask<ControlReply?> AskAsync(string dataDirectory, ControlRequest request, CancellationToken cancellationToken)
    {
        var path = ControlSocket.PathIn(dataDirectory);
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is SocketException or ArgumentException)
        {
            // ENOENT comes as AddressNotAvailable: no server has run here; nobody listens: the last one died.
            return e is SocketException { SocketErrorCode: SocketError.AddressNotAvailable or SocketError.ConnectionRefused }
                ? null
                : throw new IOException($"{path}: {e.Message}", e);
        }

        using var limit = new CancellationTokenSource(Limit);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        var stream = new NetworkStream(socket, ownsSocket: false);
        await using (stream.ConfigureAwait(false))
        {
            await ControlLine.WriteAsync(stream, JsonSerializer.SerializeToUtf8Bytes(request, WireJson.Default.ControlRequest), both.Token).ConfigureAwait(false);
            if (await ControlLine.ReadAsync(stream, ControlLine.MaxReply, both.Token).ConfigureAwait(false) is not { } line)
                throw new IOException($"{path}: the server has closed the connection");
            var reply = JsonSerializer.Deserialize(line, WireJson.Default.ControlReply) ?? new();
            return reply.Error is { } error ? throw new IOException(error) : reply;
        }
    }
}
