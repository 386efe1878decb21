using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using MailKit.Net.Smtp;
using MailKit.Security;
using MimeKit;

namespace MailServer.Interop.Tests;

/// <summary>What was acknowledged to a user reaches the next server, whenever ours is killed: once, or twice where the answer was under way.</summary>
public sealed class QueueCrashTests(ITestOutputHelper output)
{
    // A few in CI; eng/queue-kill asks for as many as one likes.
    private static readonly int Rounds = Number("MAILSERVER_QUEUE_KILLS", 3);

    // As many kills as one likes take as long as they take.
    private const int Day = 24 * 60 * 60 * 1000;

    // As in the configuration below: so many answers can be under way when the server dies.
    private const int Lanes = 4;

    [InteropFact(Timeout = Day)]
    public async Task Nothing_queued_is_lost_by_kill_9()
    {
        var seed = Number("MAILSERVER_SEED", Random.Shared.Next());
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        await using var sink = new Sink();
        await using var server = await ServerProcess.StartAsync();
        await server.KillAsync();
        await File.AppendAllTextAsync(server.Config, $"""

            [queue]
            first_retry = "1s"
            longest_retry = "1s"
            connections_per_destination = {Lanes}

            [plugins.relay]
            smarthost = "127.0.0.1:{sink.Port}"
            tls = "none"

            """);
        List<string> acknowledged = [];
        for (var round = 1; round <= Rounds; round++)
        {
            await server.RunAsync();
            var before = Count(acknowledged);
            var sending = Enumerable.Range(0, 3).Select(lane => SendUntilItBreaksAsync(server, $"r{round}l{lane}", acknowledged)).ToArray();
            // A loaded machine takes seconds for the first log-in.
            for (var i = 0; i < 300 && Count(acknowledged) == before; i++)
                await Task.Delay(100);
            await Task.Delay(random.Next(200, 2500), TestContext.Current.CancellationToken);
            await server.KillAsync();
            await Task.WhenAll(sending);
            if (Rounds > 10)
                output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"kill {round}: {Count(acknowledged)} acknowledged, {sink.Subjects.Count} received"));
        }

        await server.RunAsync();
        // As long as it goes on: what has piled up takes its time.
        for (var (last, idle) = (-1, 0); idle < 120 && (acknowledged.Any(subject => sink.Count(subject) == 0) || Queued(server).Length > 0); idle++)
        {
            (last, idle) = sink.Subjects.Count == last ? (last, idle) : (sink.Subjects.Count, 0);
            await Task.Delay(500);
        }

        var doubles = sink.Subjects.Sum(subject => sink.Count(subject) - 1);
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{Rounds} kills: {acknowledged.Count} acknowledged, {sink.Subjects.Count} received, {doubles} twice"));
        Assert.True(acknowledged.Count >= Rounds, $"only {acknowledged.Count} were acknowledged");
        Assert.DoesNotContain(acknowledged, subject => sink.Count(subject) == 0);
        Assert.Empty(Queued(server));
        Assert.InRange(doubles, 0, Rounds * Lanes);
    }

    private static int Number(string variable, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), CultureInfo.InvariantCulture, out var number) ? number : otherwise;

    private static int Count(List<string> acknowledged)
    {
        lock (acknowledged)
            return acknowledged.Count;
    }

    private static string[] Queued(ServerProcess server) =>
        Directory.Exists(server.File("data/queue")) ? Directory.GetFiles(server.File("data/queue"), "*.envelope", SearchOption.AllDirectories) : [];

    private static async Task SendUntilItBreaksAsync(ServerProcess server, string lane, List<string> acknowledged)
    {
        try
        {
            using var client = new SmtpClient { ServerCertificateValidationCallback = (_, certificate, _, _) => server.IsOurs(certificate) };
            await client.ConnectAsync("127.0.0.1", server.Port("submission"), SecureSocketOptions.StartTls);
            await client.AuthenticateAsync("alice@example.org", ServerProcess.Password);
            for (var i = 0; ; i++)
            {
                var message = Outbox.Numbered(i);
                message.Subject = $"{lane}-{i}";
                await client.SendAsync(message, new MailboxAddress("", "alice@example.org"), [new MailboxAddress("", "someone@elsewhere.example"), new MailboxAddress("", "bob@example.org")]);
                lock (acknowledged)
                    acknowledged.Add(message.Subject);
            }
        }
        catch (Exception e) when (e is IOException or SmtpProtocolException or SocketException or SslHandshakeException)
        {
            // The server was killed.
        }
    }

    /// <summary>A server on loopback that takes everything, slowly, and counts subjects.</summary>
    private sealed class Sink : IAsyncDisposable
    {
        private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
        private readonly ConcurrentDictionary<string, int> _subjects = [];
        private readonly Task _loop;

        public Sink()
        {
            _listener.Start();
            _loop = AcceptAsync();
        }

        public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

        public ICollection<string> Subjects => _subjects.Keys;

        public int Count(string subject) => _subjects.GetValueOrDefault(subject);

        public async ValueTask DisposeAsync()
        {
            _listener.Stop();
            await _loop;
        }

        private async Task AcceptAsync()
        {
            try
            {
                while (true)
                    _ = ServeAsync(await _listener.AcceptTcpClientAsync());
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                // The test is over.
            }
        }

        private async Task ServeAsync(TcpClient client)
        {
            using var _ = client;
            try
            {
                using var reader = new StreamReader(client.GetStream());
                var writer = new StreamWriter(client.GetStream()) { NewLine = "\r\n", AutoFlush = true };
                await using (writer)
                {
                    await writer.WriteLineAsync("220 sink.example");
                    while (await reader.ReadLineAsync() is { } line)
                    {
                        if (line == "DATA")
                        {
                            await writer.WriteLineAsync("354 Go on");
                            await TakeAsync(reader);
                        }

                        await writer.WriteLineAsync(line.StartsWith("EHLO", StringComparison.Ordinal) ? "250-sink.example\r\n250 PIPELINING" : "250 Ok");
                    }
                }
            }
            catch (IOException)
            {
                // The server was killed.
            }
        }

        private async Task TakeAsync(StreamReader reader)
        {
            var subject = "";
            while (await reader.ReadLineAsync() is { } text)
            {
                if (text == ".")
                {
                    _subjects.AddOrUpdate(subject, 1, (_, count) => count + 1);
                    await Task.Delay(Random.Shared.Next(20));
                    return;
                }

                if (text.StartsWith("Subject: ", StringComparison.Ordinal))
                    subject = text["Subject: ".Length..];
            }
        }
    }
}
