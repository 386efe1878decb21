using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using MailServer.Server.Tls;
using MailServer.TestKit;

namespace MailServer.Server.Tests;

/// <summary>The real executable with a configuration of its own, on free loopback ports. Users alice and bob, password <c>sesame</c>.</summary>
internal sealed class ServerProcess : IAsyncDisposable
{
    public const string Password = "sesame";

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private readonly TempDirectory _directory = new();
    private readonly StringBuilder _log = new();
    private Process? _process;

    public ServerProcess()
    {
        SelfSigned.Write(File("cert.pem"), File("key.pem"), "localhost", TimeProvider.System.GetUtcNow());
        System.IO.File.WriteAllLines(File("users"), [$"alice@example.org:{{PLAIN}}{Password}", $"bob@example.org:{{PLAIN}}{Password}"]);
    }

    public static string Executable { get; } = Path.Combine(
        Repository.Root, "src", "MailServer", "bin", AppContext.BaseDirectory.Contains("/Release/", StringComparison.Ordinal) ? "Release" : "Debug", "net10.0", "mailserver");

    public Dictionary<string, IPEndPoint> Endpoints { get; } = [];

    public string Config => File("mailserver.toml");

    public int Id => _process?.Id ?? 0;

    public string Log
    {
        get
        {
            lock (_log)
                return _log.ToString();
        }
    }

    public string File(string name) => _directory.File(name);

    /// <summary>Writes the configuration: listeners mx, submission, imap, imaps, and what is added.</summary>
    public void Configure(string more = "", string server = "", string limits = "connections = 50\nconnections_per_address = 50")
    {
        var listeners = new[] { ("mx", "smtp", "starttls"), ("submission", "submission", "starttls"), ("imap", "imap", "starttls"), ("imaps", "imap", "implicit"), ("pop3", "pop3", "starttls") };
        System.IO.File.WriteAllText(Config, $"""
            [server]
            hostname = "mx.example.org"
            data = "data"
            drain_time = "3s"
            {server}

            [[domains]]
            name = "example.org"

            [tls]
            certificate = "cert.pem"
            key = "key.pem"

            [limits]
            {limits}

            [plugins."auth.passwordfile"]
            file = "users"

            {more}

            """ + string.Concat(listeners.Select(listener => $"""

            [[listeners]]
            name = "{listener.Item1}"
            address = "127.0.0.1:0"
            protocol = "{listener.Item2}"
            tls = "{listener.Item3}"

            """)));
    }

    public Task StartAsync() => StartAsync(Executable, "serve", "--config", Config);

    public async Task StartAsync(string program, params string[] arguments)
    {
        _process = Spawn(program, arguments);
        _process.ErrorDataReceived += (_, line) =>
        {
            lock (_log)
                _log.AppendLine(line.Data);
        };
        _process.BeginErrorReadLine();
        using var limit = new CancellationTokenSource(Limit);
        while (await _process.StandardOutput.ReadLineAsync(limit.Token) is { } line)
            if (line.StartsWith("ready ", StringComparison.Ordinal))
            {
                foreach (var pair in line.Split(' ').Skip(1).Select(pair => pair.Split('=')))
                    Endpoints[pair[0]] = IPEndPoint.Parse(pair[1]);
                return;
            }

        Assert.Fail($"no ready line:\n{Log}");
    }

    public async Task<Peer> ConnectAsync(string listener)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(Endpoints[listener]);
        return new(socket);
    }

    public Task<(int Code, string Output, string Error)> CommandAsync(params string[] arguments) => RunAsync(null, [.. arguments, "--config", Config]);

    public static async Task<(int Code, string Output, string Error)> RunAsync(string? input, params string[] arguments)
    {
        using var process = Spawn(Executable, arguments);
        if (input is not null)
            await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(3));
        var error = process.StandardError.ReadToEndAsync(limit.Token);
        var output = await process.StandardOutput.ReadToEndAsync(limit.Token);
        await process.WaitForExitAsync(limit.Token);
        return (process.ExitCode, output, await error);
    }

    public async Task SignalAsync(string signal)
    {
        using var kill = Spawn("kill", [$"-{signal}", Id.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync();
    }

    public async Task<int> ExitAsync()
    {
        using var limit = new CancellationTokenSource(Limit);
        await _process!.WaitForExitAsync(limit.Token);
        return _process.ExitCode;
    }

    public async Task UntilLogAsync(string text)
    {
        using var limit = new CancellationTokenSource(Limit);
        while (!Log.Contains(text, StringComparison.Ordinal))
            await Task.Delay(20, limit.Token);
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is { HasExited: false })
        {
            _process.Kill();
            await _process.WaitForExitAsync();
        }

        _process?.Dispose();
        _directory.Dispose();
    }

    private static Process Spawn(string program, string[] arguments) => Process.Start(new ProcessStartInfo(program, arguments)
    {
        RedirectStandardInput = true,
        RedirectStandardOutput = true,
        RedirectStandardError = true,
    })!;
}

/// <summary>A client's end.</summary>
internal sealed class Peer(Socket socket) : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    private readonly NetworkStream _stream = new(socket, ownsSocket: true);

    public async Task SendAsync(string text) => await _stream.WriteAsync(Encoding.ASCII.GetBytes(text));

    /// <summary>The next line, or null when the server has closed.</summary>
    public async Task<string?> LineAsync()
    {
        using var limit = new CancellationTokenSource(Limit);
        var line = new StringBuilder();
        var octet = new byte[1];
        try
        {
            while (await _stream.ReadAsync(octet, limit.Token) == 1)
                if (octet[0] == '\n')
                    return line.ToString().TrimEnd('\r');
                else
                    line.Append((char)octet[0]);
        }
        catch (IOException)
        {
            // Reset: closed all the same.
        }

        return line.Length > 0 ? line.ToString() : null;
    }

    /// <summary>The next line that begins so; others are passed over.</summary>
    public async Task<string> LineAsync(string start)
    {
        while (await LineAsync() is { } line)
            if (line.StartsWith(start, StringComparison.Ordinal))
                return line;
        throw new InvalidOperationException($"closed before a line \"{start}\"");
    }

    /// <summary>All that comes until the server closes.</summary>
    public async Task<string> RestAsync()
    {
        var rest = new StringBuilder();
        while (await LineAsync() is { } line)
            rest.AppendLine(line);
        return rest.ToString();
    }

    public ValueTask DisposeAsync() => _stream.DisposeAsync();
}
