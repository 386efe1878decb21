using System.Security.Cryptography;
using System.Text;
using MailServer.Plugins.Relay;
using Microsoft.Extensions.Time.Testing;

namespace MailServer.Relay.Tests;

public sealed class SessionTests
{
    [Fact]
    public async Task Messages_follow_each_other_on_one_connection()
    {
        await using var rig = await Rig.StartAsync();
        for (var i = 0; i < 3; i++)
            Assert.Null((await rig.SendAsync()).Problem);
        Assert.Equal(1, rig.Peer.Connections);
        Assert.Equal(3, rig.Peer.Messages.Count);
        // Also after one that was refused.
        rig.Peer.Answer = line => line.StartsWith("RCPT", StringComparison.Ordinal) ? "550 5.1.1 No" : line == "DATA" ? "554 5.5.1 No recipients" : null;
        Assert.Equal("5.1.1", (await rig.SendAsync()).Problem?.Status.ToString());
        rig.Peer.Answer = _ => null;
        Assert.Null((await rig.SendAsync()).Problem);
        Assert.Equal(1, rig.Peer.Connections);
    }

    [Fact]
    public async Task A_connection_that_has_ended_meanwhile_is_no_reason_to_wait()
    {
        await using var rig = await Rig.StartAsync();
        Assert.Null((await rig.SendAsync()).Problem);
        var count = 0;
        rig.Peer.Answer = line => line.StartsWith("MAIL", StringComparison.Ordinal) && count++ == 0 ? "" : null;
        Assert.Null((await rig.SendAsync()).Problem);
        Assert.Equal(2, rig.Peer.Connections);
        Assert.Equal(2, rig.Peer.Messages.Count);
    }

    [Fact]
    public async Task A_silent_server_is_waited_for_as_long_as_the_standard_says()
    {
        await using var rig = new Rig();
        var time = new FakeTimeProvider();
        rig.Host.Time = time;
        await rig.LoadAsync(("smarthost", $"127.0.0.1:{rig.Peer.Port}"), ("tls", "none"));
        rig.Peer.Verdict = () => "-";
        var sending = rig.SendAsync();
        for (var i = 0; rig.Peer.Messages.Count == 0 && i < 2000; i++)
            await Task.Delay(5);
        Assert.Single(rig.Peer.Messages);
        await Task.Delay(50);
        time.Advance(TimeSpan.FromMinutes(9.9));
        await Task.Delay(50);
        Assert.False(sending.IsCompleted);
        for (var i = 0; !sending.IsCompleted && i < 200; i++)
        {
            time.Advance(TimeSpan.FromMinutes(1));
            await Task.Delay(5);
        }

        var result = await sending;
        Assert.Equal("4.4.2", result.Problem?.Status.ToString());
        Assert.Single(rig.Peer.Messages);
    }

    [Theory]
    [InlineData("PLAIN", "AUTH PLAIN AG1lAHNlc2FtZQ==")]
    [InlineData("LOGIN PLAIN", "AUTH PLAIN AG1lAHNlc2FtZQ==")]
    [InlineData("LOGIN", "AUTH LOGIN,bWU=,c2VzYW1l")]
    public async Task A_smarthost_is_logged_in_to(string offered, string said)
    {
        await using var rig = await StartWithLoginAsync();
        rig.Peer.Extensions.Add($"AUTH {offered}");
        rig.Peer.Answer = line => line == "AUTH LOGIN" ? "334 VXNlcm5hbWU6" : line == "bWU=" ? "334 UGFzc3dvcmQ6" : line == "c2VzYW1l" || line.StartsWith("AUTH PLAIN", StringComparison.Ordinal) ? "235 2.7.0 Welcome" : null;
        Assert.Null((await rig.SendAsync()).Problem);
        Assert.Equal(said.Split(','), rig.Peer.Lines.Skip(1).Take(said.Split(',').Length));
        Assert.StartsWith("MAIL", rig.Peer.Lines[1 + said.Split(',').Length], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_login_that_fails_puts_the_mail_off_and_gives_nothing_away()
    {
        await using var rig = await StartWithLoginAsync();
        rig.Peer.Extensions.Add("AUTH PLAIN");
        rig.Peer.Answer = line => line.StartsWith("AUTH", StringComparison.Ordinal) ? "535 5.7.8 Wrong" : null;
        var result = await rig.SendAsync();
        Assert.Equal(("4.7.8", true), (result.Problem?.Status.ToString(), result.IsUnreachable));
        Assert.DoesNotContain("sesame", result.Problem!.Text, StringComparison.Ordinal);
        Assert.DoesNotContain(rig.Peer.Lines, line => line.StartsWith("MAIL", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(true, null)]
    [InlineData(false, "4.7.8")]
    public async Task Scram_shows_no_password_and_finds_out_a_server_that_does_not_know_it(bool isHonest, string? status)
    {
        await using var rig = await StartWithLoginAsync();
        rig.Peer.Extensions.Add("AUTH PLAIN SCRAM-SHA-256");
        var server = new ScramServer(isHonest ? "sesame" : "guessed");
        rig.Peer.Answer = server.Answer;
        Assert.Equal(status, (await rig.SendAsync()).Problem?.Status.ToString());
        Assert.DoesNotContain(rig.Peer.Lines, line => line.StartsWith("AUTH PLAIN", StringComparison.Ordinal));
    }

    [Fact]
    public void Scram_is_that_of_the_standard()
    {
        // The example of RFC 7677 §3.
        var scram = new ScramClient("user", "pencil", "rOprNGfwEbeRWgbNEkqO");
        Assert.Equal("n,,n=user,r=rOprNGfwEbeRWgbNEkqO", scram.First);
        Assert.Equal(
            "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
            scram.Final("r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"));
        Assert.True(scram.IsServer("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="));
        Assert.False(scram.IsServer("v=7rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="));
        Assert.Null(scram.Final("r=other,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"));
        Assert.Null(scram.Final("r=rOprNGfwEbeRWgbNEkqOx,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=2000000000"));
    }

    [Theory]
    [InlineData("starttls")]
    [InlineData("implicit")]
    public async Task A_smarthost_with_a_good_certificate_is_spoken_to_in_private(string tls)
    {
        await using var rig = new Rig();
        await LoadWithTlsAsync(rig, tls, isTrusted: true);
        Assert.Null((await rig.SendAsync()).Problem);
        Assert.Single(rig.Peer.Messages);
        if (tls == "starttls")
            Assert.Equal(["EHLO mx.example.org", "STARTTLS", "EHLO mx.example.org"], rig.Peer.Lines.Take(3));
    }

    [Theory]
    [InlineData("starttls")]
    [InlineData("implicit")]
    public async Task A_certificate_that_nobody_knows_gets_no_mail(string tls)
    {
        await using var rig = new Rig();
        await LoadWithTlsAsync(rig, tls, isTrusted: false);
        var result = await rig.SendAsync();
        Assert.Equal(("4.7.5", true), (result.Problem?.Status.ToString(), result.IsUnreachable));
        Assert.DoesNotContain(rig.Peer.Lines, line => line.StartsWith("MAIL", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_smarthost_that_has_lost_its_starttls_gets_no_mail()
    {
        await using var rig = new Rig();
        await LoadWithTlsAsync(rig, "starttls", isTrusted: true);
        rig.Peer.Extensions.Remove("STARTTLS");
        Assert.Equal("4.7.4", (await rig.SendAsync()).Problem?.Status.ToString());
        Assert.DoesNotContain(rig.Peer.Lines, line => line.StartsWith("MAIL", StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_is_said_in_clear_behind_starttls_is_not_believed()
    {
        await using var rig = new Rig();
        await LoadWithTlsAsync(rig, "starttls", isTrusted: true);
        rig.Peer.Injected = "\r\n250 evil.example";
        Assert.Equal("4.7.0", (await rig.SendAsync()).Problem?.Status.ToString());
        Assert.DoesNotContain(rig.Peer.Lines, line => line.StartsWith("MAIL", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("smarthost", "provider", "a host and a port are expected")]
    [InlineData("smarthost", "provider:0", "a host and a port are expected")]
    [InlineData("smarthost", "a b:25", "a host and a port are expected")]
    [InlineData("tls", "sometimes", "one of \"starttls\", \"implicit\", \"none\" is expected")]
    [InlineData("tls", "opportunistic", "one of \"starttls\", \"implicit\", \"none\" is expected")]
    [InlineData("user", "me", "user needs it")]
    [InlineData("password_file", "/nowhere/at/all", "password_file needs it")]
    [InlineData("tls_trust", "/nowhere/at/all", "Could not find")]
    [InlineData("mx_port", 0L, "1 to 65535 is expected")]
    [InlineData("unknown", "x", "unknown key")]
    public async Task What_makes_no_sense_in_the_configuration_is_said(string key, object value, string reason)
    {
        await using var rig = new Rig();
        (string, object)[] config = key == "smarthost" ? [(key, value)] : [("smarthost", "provider.example:587"), (key, value)];
        var failure = await Assert.ThrowsAsync<ConfigException>(() => rig.LoadAsync(config));
        Assert.Contains(reason, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_route_nothing_is_sent()
    {
        await using var rig = new Rig();
        await rig.LoadAsync();
        Assert.Empty(rig.Host.Transports);
    }

    private static async Task<Rig> StartWithLoginAsync()
    {
        var rig = new Rig();
        await File.WriteAllTextAsync(rig.Folder.File("password"), "sesame\n");
        await rig.LoadAsync(("smarthost", $"127.0.0.1:{rig.Peer.Port}"), ("tls", "none"), ("user", "me"), ("password_file", rig.Folder.File("password")));
        return rig;
    }

    private static async Task LoadWithTlsAsync(Rig rig, string tls, bool isTrusted)
    {
        rig.Peer.Certificate = Peer.NewCertificate("localhost");
        rig.Peer.Extensions.Add("STARTTLS");
        rig.Peer.IsImplicit = tls == "implicit";
        using var other = Peer.NewCertificate("localhost");
        await File.WriteAllTextAsync(rig.Folder.File("ca.pem"), (isTrusted ? rig.Peer.Certificate : other).ExportCertificatePem());
        await rig.LoadAsync(("smarthost", $"localhost:{rig.Peer.Port}"), ("tls", tls), ("tls_trust", rig.Folder.File("ca.pem")));
    }

    /// <summary>The server's side of RFC 5802 §3.</summary>
    private sealed class ScramServer(string password)
    {
        private string _first = "";
        private string _challenge = "";

        public string? Answer(string line)
        {
            if (line.StartsWith("AUTH SCRAM-SHA-256 ", StringComparison.Ordinal))
            {
                _first = Encoding.UTF8.GetString(Convert.FromBase64String(line[19..]))[3..];
                _challenge = $"{_first[_first.IndexOf("r=", StringComparison.Ordinal)..]}xyz,s={Convert.ToBase64String("salt"u8)},i=4096";
                return "334 " + Convert.ToBase64String(Encoding.UTF8.GetBytes(_challenge));
            }

            if (line.Length == 0)
                return "235 2.7.0 Welcome";
            if (line.Contains(' ', StringComparison.Ordinal) || line is "DATA" or "QUIT" || _challenge.Length == 0)
                return null;
            var final = Encoding.UTF8.GetString(Convert.FromBase64String(line));
            var salted = Rfc2898DeriveBytes.Pbkdf2(Encoding.UTF8.GetBytes(password), "salt"u8, 4096, HashAlgorithmName.SHA256, 32);
            var all = Encoding.UTF8.GetBytes($"{_first},{_challenge},{final[..final.IndexOf(",p=", StringComparison.Ordinal)]}");
            return "334 " + Convert.ToBase64String(Encoding.UTF8.GetBytes("v=" + Convert.ToBase64String(HMACSHA256.HashData(HMACSHA256.HashData(salted, "Server Key"u8), all))));
        }
    }
}
