using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace MailServer.Relay.Tests;

/// <summary>A server on loopback that says what a test wants it to, and keeps all that it hears.</summary>
internal sealed class Peer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _end = new();
    private readonly Lock _lock = new();
    private readonly List<string> _lines = [];
    private readonly List<string> _messages = [];
    private readonly Task _loop;

    public Peer()
    {
        _listener.Start();
        _loop = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public string Greeting { get; set; } = "220 peer.example ESMTP";

    public List<string> Extensions { get; set; } = ["PIPELINING", "8BITMIME", "SMTPUTF8", "SIZE 100000", "ENHANCEDSTATUSCODES"];

    /// <summary>What is said to a line; null for the usual answer, empty to hang up, "-" to say nothing.</summary>
    public Func<string, string?> Answer { get; set; } = _ => null;

    /// <summary>What is said to a message.</summary>
    public Func<string> Verdict { get; set; } = () => "250 2.0.0 Ok: queued";

    /// <summary>Hangs up within the message, when so many octets have come.</summary>
    public int? HangsUpWithin { get; set; }

    public X509Certificate2? Certificate { get; set; }

    public bool IsImplicit { get; set; }

    /// <summary>Said together with the answer to STARTTLS.</summary>
    public string Injected { get; set; } = "";

    public int Connections { get; private set; }

    /// <summary>The lines so far; a client may still say more.</summary>
    public IReadOnlyList<string> Lines => Copy(_lines);

    /// <summary>The octets behind DATA, end mark and all.</summary>
    public IReadOnlyList<string> Messages => Copy(_messages);

    public static X509Certificate2 NewCertificate(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(name);
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        using var made = request.CreateSelfSigned(TimeProvider.System.GetUtcNow().AddDays(-1), TimeProvider.System.GetUtcNow().AddDays(30));
        return X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pkcs12), null);
    }

    public async ValueTask DisposeAsync()
    {
        if (_loop.IsCompleted)
            return;
        await _end.CancelAsync();
        _listener.Stop();
        await _loop;
        Certificate?.Dispose();
        _end.Dispose();
    }

    private string[] Copy(List<string> list)
    {
        lock (_lock)
            return [.. list];
    }

    private async Task AcceptAsync()
    {
        while (!_end.IsCancellationRequested)
        {
            try
            {
                var client = await _listener.AcceptTcpClientAsync(_end.Token);
                lock (_lock)
                    Connections++;
                _ = ServeAsync(client);
            }
            catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using var _ = client;
        try
        {
            Stream stream = client.GetStream();
            if (IsImplicit)
                stream = await TlsAsync(stream);
            if (!await SayAsync(stream, Greeting))
                return;
            while (await ReadLineAsync(stream) is { } line)
            {
                lock (_lock)
                    _lines.Add(line);
                var answer = Answer(line) ?? Usual(line, stream is SslStream);
                if (answer == "-")
                    continue;
                if (!await SayAsync(stream, line == "STARTTLS" ? answer + Injected : answer))
                    return;
                if (line == "QUIT")
                    return;
                if (line == "STARTTLS" && answer.StartsWith('2'))
                    stream = await TlsAsync(stream);
                if (line == "DATA" && answer.StartsWith("354", StringComparison.Ordinal) && !await TakeAsync(stream))
                    return;
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or System.Security.Authentication.AuthenticationException or SocketException)
        {
            // The client has gone.
        }
    }

    private string Usual(string line, bool isTls) => line.Split(' ', ':')[0] switch
    {
        "EHLO" => string.Join("\r\n", ((string[])["peer.example", .. Extensions.Where(extension => extension != "STARTTLS" || !isTls)]).Select((text, i) =>
            $"250{(i == Extensions.Count(extension => extension != "STARTTLS" || !isTls) ? ' ' : '-')}{text}")),
        "HELO" => "250 peer.example",
        "MAIL" => "250 2.1.0 Ok",
        "RCPT" => "250 2.1.5 Ok",
        "DATA" => "354 Go on",
        "RSET" => "250 2.0.0 Ok",
        "STARTTLS" => "220 2.0.0 Go on",
        "QUIT" => "221 2.0.0 Bye",
        _ => "500 5.5.1 What?",
    };

    private async Task<bool> TakeAsync(Stream stream)
    {
        var octets = new StringBuilder();
        while (true)
        {
            var next = new byte[1];
            if (HangsUpWithin is { } limit && octets.Length >= limit)
                return false;
            if (await stream.ReadAsync(next, _end.Token) == 0)
                return false;
            octets.Append((char)next[0]);
            var text = octets.Length >= 5 ? octets.ToString(octets.Length - 5, 5) : octets.ToString();
            if (text is "\r\n.\r\n" or ".\r\n")
                break;
        }

        lock (_lock)
            _messages.Add(octets.ToString());
        return await SayAsync(stream, Verdict());
    }

    private async Task<SslStream> TlsAsync(Stream stream)
    {
        var tls = new SslStream(stream);
        await tls.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificate = Certificate }, _end.Token);
        return tls;
    }

    private static async Task<bool> SayAsync(Stream stream, string text)
    {
        if (text.Length == 0)
            return false;
        if (text != "-")
            await stream.WriteAsync(Encoding.Latin1.GetBytes(text + "\r\n"));
        return true;
    }

    private async Task<string?> ReadLineAsync(Stream stream)
    {
        var line = new List<byte>();
        var next = new byte[1];
        while (await stream.ReadAsync(next, _end.Token) > 0)
        {
            line.Add(next[0]);
            if (next[0] == '\n')
                return Encoding.UTF8.GetString([.. line]).TrimEnd('\r', '\n');
        }

        return null;
    }
}
