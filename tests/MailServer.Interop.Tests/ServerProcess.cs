using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using MailServer.TestKit;

namespace MailServer.Interop.Tests;

/// <summary>
/// The real executable with a configuration of its own: every listener on a free loopback port, users alice, bob and pop1 to pop10 at
/// example.org, password <c>secret</c>. <c>MAILSERVER_EXE</c> names a published one instead of the build's, <c>MAILSERVER_INTEROP_LOGS</c> a folder
/// that keeps the servers' logs.
/// </summary>
internal sealed class ServerProcess : IAsyncDisposable
{
    public const string Password = "secret";

    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);

    private readonly TempDirectory _directory;
    private readonly string? _watch;
    private readonly string[] _ownRules;
    private readonly StringBuilder _log = new();
    private Dictionary<string, IPEndPoint> _endpoints = [];
    private Process? _process;

    private ServerProcess(bool inMemory, string? watch, string[] ownRules) => (_directory, _watch, _ownRules) = (new(inMemory), watch, ownRules);

    public static string Executable { get; } = Environment.GetEnvironmentVariable("MAILSERVER_EXE")
        ?? Path.Combine(Repository.Root, "src", "MailServer", "bin", BuildConfiguration, "net10.0", "mailserver");

    public string Config => _directory.File("mailserver.toml");

    public string Certificate => _directory.File("cert.pem");

    /// <summary>The plugins that run: a copy, so that a test may replace them.</summary>
    public string Plugins => _directory.File("plugins");

    public string Rules => _directory.File("rules");

    /// <summary>What the server has said on standard error so far.</summary>
    public string LogText
    {
        get
        {
            lock (_log)
                return _log.ToString();
        }
    }

    /// <summary>Waits until the server has said one of these.</summary>
    public async Task SaysAsync(params string[] texts)
    {
        using var limit = new CancellationTokenSource(StartLimit);
        while (LogText is var said && !texts.Any(text => said.Contains(text, StringComparison.Ordinal)))
            await Task.Delay(20, limit.Token);
    }

    private static string BuildConfiguration => AppContext.BaseDirectory.Contains("/Release/", StringComparison.Ordinal) ? "Release" : "Debug";

    /// <param name="layout">How folders lie on disk.</param>
    /// <param name="inMemory">Whether its data may be on a file system in memory.</param>
    /// <param name="watch"><c>poll</c> lets it do without inotify.</param>
    /// <param name="ownRules">Further users, who have rules of their own: in <see cref="WriteRule"/>'s folders.</param>
    public static async Task<ServerProcess> StartAsync(string layout = "maildir++", bool inMemory = false, string? watch = null, string[]? ownRules = null)
    {
        var server = new ServerProcess(inMemory, watch, ownRules ?? []);
        server.Prepare(layout);
        await server.RunAsync();
        return server;
    }

    public int Port(string listener) => _endpoints[listener].Port;

    public string Url(string scheme, string listener) => string.Create(CultureInfo.InvariantCulture, $"{scheme}://127.0.0.1:{Port(listener)}");

    /// <summary>Whether this is the certificate that was made for this server; it is signed by itself, so nothing else vouches for it.</summary>
    public bool IsOurs(X509Certificate? certificate) =>
        certificate is not null && System.IO.File.ReadAllText(Certificate).Trim() == PemEncoding.WriteString("CERTIFICATE", certificate.GetRawCertData());

    /// <summary>A user's Maildir, or a folder in it by its Maildir++ name.</summary>
    public string Maildir(string user, string folder = "") =>
        Path.Combine(_directory.Path, "data", "mail", "example.org", user, "Maildir", folder);

    /// <summary>Writes a user's own script.</summary>
    public void WriteRule(string user, string name, string text)
    {
        var folder = Directory.CreateDirectory(Path.Combine(_directory.Path, "data", "mail", "example.org", user, "rules")).FullName;
        System.IO.File.WriteAllText(Path.Combine(folder, name + "~"), text);
        System.IO.File.Move(Path.Combine(folder, name + "~"), Path.Combine(folder, name), overwrite: true);
    }

    /// <summary>What the server has written of a user's mail.</summary>
    public string Journal(string user) => string.Concat(Directory.GetFiles(Maildir(user), "mailserver-journal-*").Select(System.IO.File.ReadAllText));

    public string File(string name) => _directory.File(name);

    /// <summary>All message files of a folder, in <c>new</c> and <c>cur</c>.</summary>
    public string[] Messages(string user, string folder = "") =>
        [.. new[] { "new", "cur" }.Select(part => Path.Combine(Maildir(user, folder), part)).Where(Directory.Exists).SelectMany(Directory.GetFiles)];

    /// <summary>What the messages hold. A session that sees one for the first time moves it from new to cur: then they are read again.</summary>
    public List<string> Texts(string user)
    {
        while (true)
            try
            {
                return [.. Messages(user).Select(System.IO.File.ReadAllText)];
            }
            catch (FileNotFoundException)
            {
                // A file is listed once under each name, or under one that is no more.
            }
    }

    public Task<ToolResult> CommandAsync(params string[] arguments) => Tool.RunAsync(Executable, [.. arguments, "--config", Config]);

    /// <summary>What <c>plugin list --json</c> says of one plugin.</summary>
    public async Task<JsonElement> PluginAsync(string id)
    {
        var result = await CommandAsync("plugin", "list", "--json");
        Assert.True(result.ExitCode == 0, result.ToString());
        using var document = JsonDocument.Parse(result.Output);
        return document.RootElement.EnumerateArray().Single(plugin => plugin.GetProperty("id").GetString() == id).Clone();
    }

    public int Id => _process!.Id;

    /// <summary>The most memory that the server has had at once, in octets.</summary>
    public long PeakMemory()
    {
        _process!.Refresh();
        return _process.PeakWorkingSet64;
    }

    /// <summary>SIGKILL: nothing is said, nothing is flushed.</summary>
    public async Task KillAsync()
    {
        _process!.Kill();
        await _process.WaitForExitAsync();
    }

    public async Task<int> StopAsync()
    {
        await SignalAsync("TERM");
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        await _process!.WaitForExitAsync(limit.Token);
        return _process.ExitCode;
    }

    public Task SignalAsync(string signal) => Tool.RunAsync("kill", "-" + signal, _process!.Id.ToString(CultureInfo.InvariantCulture));

    public async Task RunAsync()
    {
        _process?.Dispose();
        _process = Tool.Start(Executable, ["serve", "--config", Config], watch: _watch);
        _process.ErrorDataReceived += (_, line) =>
        {
            lock (_log)
                _log.AppendLine(line.Data);
        };
        _process.BeginErrorReadLine();

        using var limit = new CancellationTokenSource(StartLimit);
        while (await _process.StandardOutput.ReadLineAsync(limit.Token) is { } line)
        {
            if (!line.StartsWith("ready ", StringComparison.Ordinal))
                continue;
            _endpoints = line["ready ".Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries)
                .Select(pair => pair.Split('=', 2)).ToDictionary(pair => pair[0], pair => IPEndPoint.Parse(pair[1]));
            return;
        }

        Assert.Fail($"the server ended without a ready line:\n{LogText}");
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is { HasExited: false })
            await KillAsync();
        _process?.Dispose();
        if (Environment.GetEnvironmentVariable("MAILSERVER_INTEROP_LOGS") is { } folder)
            await System.IO.File.WriteAllTextAsync(Path.Combine(folder, Path.GetFileName(_directory.Path) + ".log"), LogText);
        _directory.Dispose();
    }

    private void Prepare(string layout)
    {
        CopyDirectory(Path.Combine(Path.GetDirectoryName(Executable)!, "plugins"), Plugins);
        Directory.CreateDirectory(Rules);
        WriteCertificate();
        var users = new[] { "alice", "bob" }.Concat(Enumerable.Range(1, 10).Select(i => $"pop{i}")).Concat(_ownRules);
        System.IO.File.WriteAllLines(File("users"), users.Select(user => $"{user}@example.org:{{PLAIN}}{Password}"));

        var listeners = new[]
        {
            ("mx", "smtp", "starttls"), ("submission", "submission", "starttls"), ("submissions", "submission", "implicit"),
            ("imap", "imap", "starttls"), ("imaps", "imap", "implicit"), ("pop3", "pop3", "starttls"), ("pop3s", "pop3", "implicit"), ("lmtp", "lmtp", "none"),
        };
        System.IO.File.WriteAllText(Config, $"""
            [server]
            hostname = "mx.example.org"
            data = "data"
            drain_time = "5s"

            [store]
            maildir = "{"{data}/mail/{domain}/{user}/Maildir"}"
            layout = "{layout}"

            [[domains]]
            name = "example.org"

            [tls]
            certificate = "cert.pem"
            key = "key.pem"

            [limits]
            connections = 1000
            connections_per_address = 1000

            [plugins]
            directory = "plugins"

            [plugins."auth.passwordfile"]
            file = "users"

            [rules]
            global = "rules"
            {(_ownRules.Length > 0 ? "users = \"{maildir}/../rules\"" : "")}

            """ + string.Concat(listeners.Select(listener => $"""

            [[listeners]]
            name = "{listener.Item1}"
            address = "127.0.0.1:0"
            protocol = "{listener.Item2}"
            tls = "{listener.Item3}"

            """)));
    }

    private void WriteCertificate()
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        var now = TimeProvider.System.GetUtcNow();
        using var certificate = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(30));
        System.IO.File.WriteAllText(Certificate, certificate.ExportCertificatePem());
        System.IO.File.WriteAllText(File("key.pem"), key.ExportPkcs8PrivateKeyPem());
    }

    private static void CopyDirectory(string from, string to)
    {
        foreach (var file in Directory.GetFiles(from, "*", SearchOption.AllDirectories))
        {
            var target = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            System.IO.File.Copy(file, target);
        }
    }
}
