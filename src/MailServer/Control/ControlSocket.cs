using System.Buffers;
using System.Net.Sockets;
using System.Text.Json;
using MailServer.Pipeline;
using MailServer.Posix;
using MailServer.Server.Configuration;
using MailServer.Server.Hosting;
using Microsoft.Extensions.Logging;

namespace MailServer.Server.Control;

/// <summary>
/// Answers commands on a Unix socket in the data directory. Who may open it may do everything, so it is its owner's alone (mode 0600):
/// it gets its mode under another name, before anybody can find it.
/// </summary>
internal sealed class ControlSocket : IAsyncDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly MailHost _host;
    private readonly Socket _socket;
    private readonly string _path;
    private readonly CancellationTokenSource _end = new();
    private readonly Task _loop;

    private ControlSocket(MailHost host, Socket socket, string path, ILogger logger)
    {
        (_host, _socket, _path) = (host, socket, path);
        using (ExecutionContext.SuppressFlow())
            _loop = Task.Run(() => AcceptAsync(logger, _end.Token), CancellationToken.None);
    }

    /// <summary>Where the socket of a data directory is.</summary>
    public static string PathIn(string dataDirectory) => Path.Combine(dataDirectory, "control.sock");

    /// <summary>Opens the socket; null, and a line in the log, when it is not to be had: mail goes on without it.</summary>
    public static ControlSocket? Open(MailHost host, ILogger logger)
    {
        var path = PathIn(host.Config.DataDirectory);
        var draft = Path.Combine(host.Config.DataDirectory, ".control.new");
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            File.Delete(draft);
            socket.Bind(new UnixDomainSocketEndPoint(draft));
            File.SetUnixFileMode(draft, OwnerOnly);
            socket.Listen(8);
            DurableFile.Rename(draft, path);
            return new(host, socket, path, logger);
        }
        // The path of a socket has 107 octets at most.
        catch (Exception e) when (e is SocketException or IOException or UnauthorizedAccessException or ArgumentException or PosixException)
        {
            socket.Dispose();
            Log.NoControlSocket(logger, path, e.Message);
            return null;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync().ConfigureAwait(false);
        _socket.Dispose();
        await _loop.ConfigureAwait(false);
        _end.Dispose();
        File.Delete(_path);
    }

    private async Task AcceptAsync(ILogger logger, CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                var peer = await _socket.AcceptAsync(cancellationToken).ConfigureAwait(false);
                _ = Task.Run(() => ServeAsync(peer, logger, cancellationToken), CancellationToken.None);
            }
            catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException || cancellationToken.IsCancellationRequested)
            {
                return;
            }
            catch (SocketException)
            {
                // As at a listener: out of file descriptors. Once a second is often enough for a person.
                await Task.Delay(TimeSpan.FromSeconds(1), CancellationToken.None).ConfigureAwait(false);
            }
        }
    }

    private async Task ServeAsync(Socket peer, ILogger logger, CancellationToken cancellationToken)
    {
        var stream = new NetworkStream(peer, ownsSocket: true);
        await using (stream.ConfigureAwait(false))
        {
            try
            {
                while (await ControlLine.ReadAsync(stream, ControlLine.MaxRequest, cancellationToken).ConfigureAwait(false) is { } line)
                    await ControlLine.WriteAsync(stream, await AnswerAsync(line, cancellationToken).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);
            }
            catch (Exception e) when (e is IOException or OperationCanceledException)
            {
                // The command was interrupted, or the server stops.
            }
#pragma warning disable CA1031 // nobody awaits this task
            catch (Exception e)
#pragma warning restore CA1031
            {
                Log.CommandFailed(logger, e);
            }
        }
    }

    private async ValueTask<byte[]> AnswerAsync(byte[] line, CancellationToken cancellationToken)
    {
        ControlReply reply;
        try
        {
            var request = JsonSerializer.Deserialize(line, WireJson.Default.ControlRequest);
            reply = request?.Command switch
            {
                "status" => new() { Status = await HostReports.StatusOfAsync(_host, cancellationToken).ConfigureAwait(false) },
                "plugins" => new() { Plugins = HostReports.PluginsOf(_host.Plugins) },
                "reload" => new() { Reloads = await ReloadAsync(request.Target, cancellationToken).ConfigureAwait(false) },
                "queue-retry" => Change(QueueChange.Retry, request.Target),
                "queue-hold" => Change(QueueChange.Hold, request.Target),
                "queue-release" => Change(QueueChange.Release, request.Target),
                "queue-delete" => Change(QueueChange.Delete, request.Target),
                "learn" => await LearnAsync(request.Target, cancellationToken).ConfigureAwait(false),
                var unknown => new() { Error = $"this server does not know \"{unknown}\"" },
            };
        }
        catch (BrokenConfigException e)
        {
            reply = new() { Error = e.Message };
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            reply = new() { Error = e.Message };
        }
        catch (JsonException)
        {
            reply = new() { Error = "not a line of JSON" };
        }

        return JsonSerializer.SerializeToUtf8Bytes(reply, WireJson.Default.ControlReply);
    }

    private ControlReply Change(QueueChange change, string? id) => new() { Changed = _host.Queue.Change(change, id) };

    private async ValueTask<ControlReply> LearnAsync(string? account, CancellationToken cancellationToken)
    {
        if (EmailAddress.TryParse(account, out var address) && (await _host.Plugins.Accounts.FindAsync(address, cancellationToken).ConfigureAwait(false)).TryGet(out var user, out _))
            _host.Training.Tell(user);
        return new();
    }

    private async ValueTask<IReadOnlyList<ReloadReport>> ReloadAsync(string? id, CancellationToken cancellationToken) =>
        [.. (await _host.ReloadPluginsAsync(id, cancellationToken).ConfigureAwait(false)).Select(result => new ReloadReport(result.Id, result.Generation, result.Failure))];
}

/// <summary>Lines of JSON on a stream.</summary>
internal static class ControlLine
{
    /// <summary>A command and a name.</summary>
    public const int MaxRequest = 4096;

    /// <summary>A status with some hundred rules.</summary>
    public const int MaxReply = 4 * 1024 * 1024;

    /// <summary>The next line, or null at the end.</summary>
    /// <exception cref="IOException">It is too long.</exception>
    public static async ValueTask<byte[]?> ReadAsync(Stream stream, int limit, CancellationToken cancellationToken)
    {
        var line = new ArrayBufferWriter<byte>(1024);
        while (true)
        {
            var count = await stream.ReadAsync(line.GetMemory(1024), cancellationToken).ConfigureAwait(false);
            if (count == 0)
                return null;
            line.Advance(count);
            // Each side waits for the other's line, so nothing can follow it.
            if (line.WrittenSpan[^1] == '\n')
                return line.WrittenSpan[..^1].ToArray();
            if (line.WrittenCount > limit)
                throw new IOException("the line is too long");
        }
    }

    public static async ValueTask WriteAsync(Stream stream, byte[] json, CancellationToken cancellationToken) =>
        await stream.WriteAsync((byte[])[.. json, (byte)'\n'], cancellationToken).ConfigureAwait(false);
}
