using System.Net.Security;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace MailServer.Server.Tests;

/// <summary>The real executable: signals, limits, TLS, its control socket and its log.</summary>
public sealed class ServeTests : IAsyncLifetime
{
    private readonly ServerProcess _server = new();

    public ValueTask InitializeAsync()
    {
        _server.Configure();
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task SIGTERM_says_goodbye_to_sessions_and_ends_with_0()
    {
        await _server.StartAsync();
        await using var imap = await _server.ConnectAsync("imap");
        await imap.LineAsync("* OK");
        await using var smtp = await _server.ConnectAsync("mx");
        await smtp.LineAsync("220");

        await _server.SignalAsync("TERM");

        Assert.StartsWith("* BYE", await imap.LineAsync());
        Assert.StartsWith("421 ", await smtp.LineAsync());
        Assert.Null(await smtp.LineAsync());
        Assert.Equal(0, await _server.ExitAsync());
    }

    [Fact]
    public async Task A_session_that_does_not_end_is_cut_off_after_the_drain_time()
    {
        await _server.StartAsync();
        await using var smtp = await _server.ConnectAsync("mx");
        await smtp.SendAsync("HELO x\r\nMAIL FROM:<a@example.net>\r\nRCPT TO:<alice@example.org>\r\nDATA\r\n");
        await smtp.LineAsync("354");

        await _server.SignalAsync("INT");

        Assert.Equal(0, await _server.ExitAsync());
        Assert.Contains("1 sessions have not ended in time and are cut off", _server.Log);
    }

    [Fact]
    public async Task SIGHUP_with_a_broken_file_says_where_and_goes_on()
    {
        await _server.StartAsync();
        await using var before = await _server.ConnectAsync("mx");
        await before.LineAsync("220");
        await File.WriteAllTextAsync(_server.Config, "[server]\nhostname = \"mx.example.org\"\ndata = \"data\"\ndrain_tyme = \"5m\"\n");

        await _server.SignalAsync("HUP");
        await _server.UntilLogAsync($"configuration not taken, what was before stays: {_server.Config}(4): server.drain_tyme: unknown key");

        await before.SendAsync("NOOP\r\n");
        Assert.Equal("250 2.0.0 NOOP done", await before.LineAsync());
        await using var after = await _server.ConnectAsync("imap");
        await after.LineAsync("* OK");
    }

    [Fact]
    public async Task SIGHUP_takes_up_listeners_limits_and_plugins_while_sessions_go_on()
    {
        await _server.StartAsync();
        await using var before = await _server.ConnectAsync("mx");
        await before.LineAsync("220");
        var text = await File.ReadAllTextAsync(_server.Config);
        await File.WriteAllTextAsync(_server.Config, text.Replace("name = \"mx\"", "name = \"mx2\"", StringComparison.Ordinal) + "\n[plugins.smtp]\nmax_message_size = \"1MiB\"\n");

        await _server.SignalAsync("HUP");
        await _server.UntilLogAsync("read again");

        await before.SendAsync("EHLO x\r\n");
        Assert.Equal("250-SIZE 1048576", await before.LineAsync("250-SIZE"));
        var (_, output, _) = await _server.CommandAsync("status", "--json");
        using var status = JsonDocument.Parse(output);
        Assert.Equal("mx2", status.RootElement.GetProperty("listeners")[0].GetProperty("name").GetString());
        // The name says which socket it is where the port is any: so this is a new one, and the old one is closed.
        using var old = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await Assert.ThrowsAsync<SocketException>(() => old.ConnectAsync(_server.Endpoints["mx"]));
    }

    [Fact]
    public async Task A_proxy_says_who_the_client_is_and_nobody_else_does()
    {
        await File.AppendAllTextAsync(_server.Config, """

            [[listeners]]
            name = "proxied"
            address = "127.0.0.1:0"
            protocol = "smtp"
            proxies = ["10.0.0.0/8", "127.0.0.1"]

            [[listeners]]
            name = "lmtp"
            address = "127.0.0.1:0"
            protocol = "lmtp"
            """);
        await _server.StartAsync();
        await using (var client = await _server.ConnectAsync("proxied"))
        {
            await client.SendAsync("PROXY TCP4 192.0.2.7 198.51.100.1 40000 25\r\nEHLO x\r\n");
            await client.LineAsync("250 HELP");
            await client.SendAsync("MAIL FROM:<a@example.net>\r\nRCPT TO:<alice@example.org>\r\nBDAT 12 LAST\r\nSubject: p\r\nQUIT\r\n");
            await client.LineAsync("221");
        }

        var mail = Assert.Single(Directory.GetFiles(_server.File("data/mail/example.org/alice/Maildir/new")));
        Assert.Contains("Received: from x ([192.0.2.7])", await File.ReadAllTextAsync(mail));
        await using (var honest = await _server.ConnectAsync("mx"))
        {
            await honest.SendAsync("PROXY TCP4 192.0.2.7 198.51.100.1 40000 25\r\n");
            await honest.LineAsync("220");
            Assert.StartsWith("500 ", await honest.LineAsync());
        }

        await using (var none = await _server.ConnectAsync("proxied"))
        {
            await none.SendAsync("EHLO x\r\n");
            Assert.Equal("", await none.RestAsync());
        }

        await _server.UntilLogAsync("is one of its proxies, but what came is no PROXY header");
        await using var lmtp = await _server.ConnectAsync("lmtp");
        await lmtp.SendAsync("LHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<alice@example.org>\r\nRCPT TO:<bob@example.org>\r\nRCPT TO:<nobody@example.org>\r\nDATA\r\nSubject: l\r\n.\r\nQUIT\r\n");
        await lmtp.LineAsync("354");
        Assert.StartsWith("250 2.0.0 Ok: ", await lmtp.LineAsync());
        Assert.StartsWith("250 2.0.0 Ok: ", await lmtp.LineAsync());
        Assert.StartsWith("221 ", await lmtp.LineAsync());
        Assert.Single(Directory.GetFiles(_server.File("data/mail/example.org/bob/Maildir/new")));
    }

    /// <summary>Every way to ask that has made servers pass on mail for strangers.</summary>
    [Fact]
    public async Task Mail_for_elsewhere_is_taken_from_nobody_who_has_not_logged_in()
    {
        string[] forms =
        [
            "x@away.example", "x@away.example.", "\"x@away.example\"", "\"x@away.example\"@example.org", "x%away.example@example.org", "x%away.example@mx.example.org",
            "x%away.example@[127.0.0.1]", "\"x%away.example\"@example.org", "\"x%away.example\"", "x%away.example", "away.example!x", "away.example!x@example.org",
            "away.example!x@mx.example.org", "away.example!x@[127.0.0.1]", "\"away.example!x\"@example.org", "@example.org:x@away.example", "@mx.example.org:x@away.example",
            "@[127.0.0.1]:x@away.example", "@away.example,@example.org:x@away.example", "x@away.example@example.org", "x@example.org@away.example", "x@[192.0.2.1]",
            "x@[IPv6:2001:db8::1]", "x@localhost", "x@127.0.0.1", "x@mx.example.org", "x@example.org.away.example", "x@example.org%away.example", "\"x\"@away.example",
            "postmaster@away.example", "x@sub.example.org", "alice@example.org,x@away.example", "alice@example.org>,<x@away.example", "x@away.example\0@example.org", "SRS0=a=b=away.example=x@example.org",
        ];
        string[] senders = ["", "alice@example.org", "postmaster@mx.example.org", "x@away.example", "alice@[127.0.0.1]"];
        await File.AppendAllTextAsync(_server.Config, """

            [[listeners]]
            name = "lmtp"
            address = "127.0.0.1:0"
            protocol = "lmtp"

            [plugins.relay]
            smarthost = "127.0.0.1:1"
            tls = "none"
            """);
        await _server.StartAsync();
        for (var i = 0; i < forms.Length; i++)
            foreach (var (listener, hello) in new[] { ("mx", "EHLO x"), ("mx", "HELO mx.example.org"), ("lmtp", "LHLO x"), ("submission", "EHLO x") })
            {
                await using var peer = await _server.ConnectAsync(listener);
                await peer.LineAsync("220");
                await peer.SendAsync(hello + "\r\n");
                await peer.LineAsync("250 ");
                await peer.SendAsync($"MAIL FROM:<{senders[i % senders.Length]}>\r\n");
                var mail = await peer.LineAsync();
                Assert.True(listener != "submission" || mail!.StartsWith("530 5.7.0", StringComparison.Ordinal), mail);
                await peer.SendAsync($"RCPT TO:<{forms[i]}>\r\nDATA\r\n");
                var (rcpt, data) = (await peer.LineAsync(), await peer.LineAsync());
                Assert.True(rcpt is ['5', ..], $"{listener}: RCPT TO:<{forms[i]}>: {rcpt}");
                Assert.True(data is ['5', ..], $"{listener}: RCPT TO:<{forms[i]}>, DATA: {data}");
            }

        Assert.Equal("[]", (await _server.CommandAsync("queue", "list", "--json")).Output.Trim());
    }

    [Fact]
    public async Task Commands_sent_behind_STARTTLS_are_never_carried_out()
    {
        await _server.StartAsync();
        foreach (var (listener, greeting, command, injected) in new[]
        {
            ("mx", "220", "EHLO x\r\nSTARTTLS\r\n", "NOOP\r\n"),
            ("imap", "* OK", "a STARTTLS\r\n", "b NOOP\r\n"),
            ("pop3", "+OK", "STLS\r\n", "CAPA\r\n"),
        })
        {
            await using var peer = await _server.ConnectAsync(listener);
            await peer.LineAsync(greeting);

            await peer.SendAsync(command + injected);

            var rest = await peer.RestAsync();
            Assert.DoesNotContain("NOOP done", rest);
            Assert.DoesNotContain("TOP", rest);
        }
    }

    [Fact]
    public async Task STARTTLS_and_implicit_TLS_both_speak_TLS_1_2_or_later()
    {
        await _server.StartAsync();
        using var client = new TcpClient();
        await client.ConnectAsync(_server.Endpoints["imaps"]);
#pragma warning disable CA5359 // the certificate is a second old, and our own
        await using var tls = new SslStream(client.GetStream(), false, (_, _, _, _) => true);
#pragma warning restore CA5359

        await tls.AuthenticateAsClientAsync("localhost");

        Assert.True(tls.SslProtocol >= System.Security.Authentication.SslProtocols.Tls12);
        var greeting = new byte[4];
        await tls.ReadExactlyAsync(greeting);
        Assert.Equal("* OK"u8.ToArray(), greeting);
    }

    [Theory]
    [InlineData("connections = 2\nconnections_per_address = 50", "[limits] connections")]
    [InlineData("connections = 50\nconnections_per_address = 2", "[limits] connections_per_address")]
    public async Task One_connection_too_many_is_refused_in_the_protocols_words(string limits, string reason)
    {
        _server.Configure(limits: limits);
        await _server.StartAsync();
        await using var first = await _server.ConnectAsync("mx");
        await using var second = await _server.ConnectAsync("mx");
        await first.LineAsync("220");
        await second.LineAsync("220");

        await using var smtp = await _server.ConnectAsync("mx");
        await using var imap = await _server.ConnectAsync("imap");
        await using var pop3 = await _server.ConnectAsync("pop3");

        Assert.Equal("421 4.7.0 mx.example.org Too many connections", await smtp.LineAsync());
        Assert.Null(await smtp.LineAsync());
        Assert.Equal("* BYE Too many connections", await imap.LineAsync());
        Assert.Equal("-ERR Too many connections", await pop3.LineAsync());
        Assert.Contains(reason, _server.Log);

        // A place that is given back is to be had again.
        await first.SendAsync("QUIT\r\n");
        await first.RestAsync();
        for (var attempt = 0; ; attempt++)
        {
            await using var again = await _server.ConnectAsync("mx");
            if ((await again.LineAsync())?.StartsWith("220", StringComparison.Ordinal) == true)
                break;
            Assert.True(attempt < 100);
            await Task.Delay(20);
        }
    }

    [Fact]
    public async Task A_flood_of_connections_does_not_use_up_the_file_descriptors()
    {
        _server.Configure(limits: "connections = 5000\nconnections_per_address = 5000");
        await _server.StartAsync("bash", "-c", "ulimit -n 300; exec \"$0\" serve --config \"$1\"", ServerProcess.Executable, _server.Config);
        var peers = new List<Peer>();
        for (var i = 0; i < 280; i++)
            peers.Add(await _server.ConnectAsync("mx"));
        var greetings = await Task.WhenAll(peers.Select(peer => peer.LineAsync()));
        foreach (var peer in peers)
            await peer.DisposeAsync();

        Assert.Equal(50, greetings.Count(line => line?.StartsWith("220", StringComparison.Ordinal) == true));
        Assert.Contains("at most 50 connections instead of 5000", _server.Log);
        Assert.DoesNotContain("cannot accept", _server.Log);
        Assert.DoesNotContain("threw", _server.Log);
    }

    [Fact]
    public async Task The_control_socket_and_the_data_directory_are_the_owners_alone()
    {
        await _server.StartAsync();

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(_server.File("data/control.sock")));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(_server.File("data")));
        await _server.SignalAsync("TERM");
        Assert.Equal(0, await _server.ExitAsync());
        Assert.False(File.Exists(_server.File("data/control.sock")));
    }

    [Fact]
    public async Task Status_and_plugins_are_told_of_as_JSON_and_within_a_hundred_columns()
    {
        await _server.StartAsync();

        var (code, output, error) = await _server.CommandAsync("plugin", "list", "--json");
        Assert.True(code == 0, error);
        using (var plugins = JsonDocument.Parse(output))
        {
            var smtp = plugins.RootElement.EnumerateArray().Single(plugin => plugin.GetProperty("id").GetString() == "smtp");
            Assert.Equal((1, 0), (smtp.GetProperty("generation").GetInt32(), smtp.GetProperty("retiredAlive").GetInt32()));
            Assert.Equal(JsonValueKind.Null, smtp.GetProperty("lastError").ValueKind);
        }

        Assert.Equal((0, "smtp: generation 2 is in service\n"), Head(await _server.CommandAsync("plugin", "reload", "smtp")));
        Assert.Equal(1, (await _server.CommandAsync("plugin", "reload", "nothing")).Code);
        (code, output, _) = await _server.CommandAsync("status");
        Assert.Equal(0, code);
        Assert.All(output.Split('\n'), line => Assert.True(line.Length <= 100, line));
        foreach (var name in new[] { "mx.example.org", _server.Endpoints["mx"].ToString(), "auth.passwordfile" })
            Assert.Contains(name, output);
    }

    [Fact]
    public async Task Plugin_reload_takes_the_tables_as_they_are_in_the_file_now()
    {
        await _server.StartAsync();
        await File.AppendAllTextAsync(_server.Config, "\n[plugins.smtp]\nmax_message_size = \"2MiB\"\n");
        Assert.Equal(0, (await _server.CommandAsync("plugin", "reload", "smtp")).Code);
        await using var peer = await _server.ConnectAsync("mx");
        await peer.SendAsync("EHLO x\r\n");
        Assert.Equal("250-SIZE 2097152", await peer.LineAsync("250-SIZE"));

        await File.AppendAllTextAsync(_server.Config, "max_size = 3\n");
        var (code, _, error) = await _server.CommandAsync("plugin", "reload", "smtp");
        Assert.Equal(1, code);
        Assert.Contains("plugins.smtp.max_size: unknown key", error);
        Assert.Equal("kept", (await PluginAsync("smtp")).GetProperty("state").GetString());
        await peer.SendAsync("EHLO x\r\n");
        Assert.Equal("250-SIZE 2097152", await peer.LineAsync("250-SIZE"));
    }

    [Fact]
    public async Task A_session_over_TLS_is_woken_and_told_goodbye_too()
    {
        await _server.StartAsync();
        using var client = new TcpClient();
        await client.ConnectAsync(_server.Endpoints["imaps"]);
#pragma warning disable CA5359 // the certificate is a second old, and our own
        await using var tls = new SslStream(client.GetStream(), false, (_, _, _, _) => true);
#pragma warning restore CA5359
        await tls.AuthenticateAsClientAsync("localhost");
        using var lines = new StreamReader(tls);
        Assert.StartsWith("* OK", await lines.ReadLineAsync());

        await _server.SignalAsync("TERM");

        Assert.StartsWith("* BYE", await lines.ReadLineAsync());
        // close_notify: an end, and no cut.
        Assert.Null(await lines.ReadLineAsync());
        Assert.Equal(0, await _server.ExitAsync());
    }

    [Fact]
    public async Task What_is_no_handshake_ends_the_connection_and_is_one_line_of_the_log()
    {
        await _server.StartAsync();
        await using var peer = await _server.ConnectAsync("imaps");

        await peer.SendAsync("a LOGIN alice sesame\r\n");

        await peer.RestAsync();
        await _server.UntilLogAsync("TLS handshake: ");
        Assert.DoesNotContain(" error ", _server.Log);
        Assert.DoesNotContain(ServerProcess.Password, _server.Log);
    }

    [Fact]
    public async Task Without_a_server_commands_say_so()
    {
        var (code, _, error) = await _server.CommandAsync("status");

        Assert.Equal((1, $"no server runs with the data directory {_server.File("data")}\n"), (code, error));
    }

    [Fact]
    public async Task A_second_server_with_the_same_data_directory_does_not_start()
    {
        await _server.StartAsync();

        var (code, _, error) = await _server.CommandAsync("serve");

        Assert.Equal((1, $"{_server.File("data")}: another server uses this data directory\n"), (code, error));
    }

    [Fact]
    public async Task An_address_that_is_taken_is_named()
    {
        using var taken = new Socket(SocketType.Stream, ProtocolType.Tcp);
        taken.Bind(new System.Net.IPEndPoint(System.Net.IPAddress.Loopback, 0));
        taken.Listen();
        await File.AppendAllTextAsync(_server.Config, $"\n[[listeners]]\nname = \"late\"\naddress = \"{taken.LocalEndPoint}\"\nprotocol = \"smtp\"\n");

        var (code, _, error) = await _server.CommandAsync("serve");

        Assert.Equal(1, code);
        Assert.StartsWith($"listener \"late\": {taken.LocalEndPoint}: ", error);
    }

    [Theory]
    [InlineData("text")]
    [InlineData("json")]
    [InlineData("journald")]
    public async Task No_password_gets_into_the_log(string format)
    {
        _server.Configure(server: "allow_plaintext_auth = \"loopback\"", more: $"[log]\nformat = \"{format}\"\nlevel = \"trace\"\n");
        await _server.StartAsync();
        await using var imap = await _server.ConnectAsync("imap");
        await imap.SendAsync($"a LOGIN alice@example.org {ServerProcess.Password}\r\nb LOGIN alice@example.org wrong-{ServerProcess.Password}\r\nc LOGOUT\r\n");
        await imap.LineAsync("a OK");
        await using var pop3 = await _server.ConnectAsync("pop3");
        await pop3.SendAsync($"USER bob@example.org\r\nPASS {ServerProcess.Password}\r\nQUIT\r\n");
        Assert.NotNull(await pop3.RestAsync());
        await using var smtp = await _server.ConnectAsync("submission");
        await smtp.SendAsync($"EHLO x\r\nAUTH PLAIN {Convert.ToBase64String(Encoding.ASCII.GetBytes($"\0alice@example.org\0{ServerProcess.Password}"))}\r\nQUIT\r\n");
        await smtp.LineAsync("235");
        await imap.RestAsync();

        await _server.SignalAsync("TERM");
        Assert.Equal(0, await _server.ExitAsync());
        Assert.Contains("alice@example.org", _server.Log);
        Assert.DoesNotContain(ServerProcess.Password, _server.Log);
        Assert.DoesNotContain("c2VzYW1l", _server.Log);
    }

    [Fact]
    public async Task Sockets_that_systemd_has_opened_are_used_by_their_names()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new System.Net.IPEndPoint(System.Net.IPAddress.Loopback, 0));
        socket.Listen();
        // F_SETFD 0: the child inherits it.
        Assert.Equal(0, Fcntl((int)socket.Handle, 2, 0));

        await _server.StartAsync("bash", "-c", $"exec 3<&{socket.Handle} {socket.Handle}<&-; export LISTEN_PID=$$ LISTEN_FDS=1 LISTEN_FDNAMES=mx; exec \"$0\" serve --config \"$1\"", ServerProcess.Executable, _server.Config);

        Assert.Equal(socket.LocalEndPoint, _server.Endpoints["mx"]);
        await using var peer = await _server.ConnectAsync("mx");
        await peer.LineAsync("220");
    }

    [Fact]
    public async Task Systemd_is_told_that_we_are_ready_reload_and_stop()
    {
        using var notified = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        notified.Bind(new UnixDomainSocketEndPoint(_server.File("notify")));
        await _server.StartAsync("env", $"NOTIFY_SOCKET={_server.File("notify")}", ServerProcess.Executable, "serve", "--config", _server.Config);
        Assert.StartsWith("READY=1\n", await DatagramAsync(notified));

        await _server.SignalAsync("HUP");
        Assert.Matches("^RELOADING=1\nMONOTONIC_USEC=[0-9]+$", await DatagramAsync(notified));
        Assert.StartsWith("READY=1\n", await DatagramAsync(notified));
        await _server.SignalAsync("TERM");
        Assert.Equal("STOPPING=1", await DatagramAsync(notified));
    }

    [DllImport("libc", EntryPoint = "fcntl")]
    private static extern int Fcntl(int descriptor, int command, int argument);

    private static (int, string) Head((int Code, string Output, string Error) result) => (result.Code, result.Output);

    private async Task<JsonElement> PluginAsync(string id)
    {
        using var plugins = JsonDocument.Parse((await _server.CommandAsync("plugin", "list", "--json")).Output);
        return plugins.RootElement.EnumerateArray().Single(plugin => plugin.GetProperty("id").GetString() == id).Clone();
    }

    private static async Task<string> DatagramAsync(Socket socket)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        var buffer = new byte[4096];
        return Encoding.UTF8.GetString(buffer, 0, await socket.ReceiveAsync(buffer, limit.Token));
    }
}
