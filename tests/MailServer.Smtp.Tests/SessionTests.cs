using System.Globalization;
using System.Text;
using MailServer.Plugins.Smtp;
using MailServer.TestKit;
using Microsoft.Extensions.Time.Testing;

namespace MailServer.Smtp.Tests;

/// <summary>What a dialog cannot show.</summary>
public sealed class SessionTests
{
    [Theory]
    [InlineData("HELO x", false, "MAIL FROM:<a@b>", "SMTP")]
    [InlineData("EHLO x", false, "MAIL FROM:<a@b>", "ESMTP")]
    [InlineData("EHLO x", true, "MAIL FROM:<a@b>", "ESMTPS")]
    [InlineData("EHLO x", false, "MAIL FROM:<a@b> SMTPUTF8", "UTF8SMTP")]
    [InlineData("EHLO x", true, "MAIL FROM:<a@b> SMTPUTF8", "UTF8SMTPS")]
    public async Task The_envelope_says_how_a_message_came(string hello, bool isTls, string mail, string with)
    {
        var connection = new TestConnection();
        if (isTls)
            connection.Info = connection.Info with { Tls = new() { Protocol = "TLS1.3", CipherSuite = "x" } };
        var session = await Session.StartAsync(connection: connection);
        await connection.SendAsync($"{hello}\r\n{mail}\r\nRCPT TO:<bob@example.org>\r\nDATA\r\n.\r\nQUIT\r\n");
        await session.End.WaitAsync(TimeSpan.FromSeconds(10));
        Assert.Equal(with, Assert.Single(session.Ingress.Accepted).Envelope.With);
    }

    [Fact]
    public async Task The_envelope_carries_what_MAIL_said()
    {
        var session = await Session.ReadyAsync();
        await session.SayAsync("MAIL FROM:<\"j b\"@b\u00fccher.example> SMTPUTF8 SIZE=77".Replace("\u00fc", "\u00c3\u00bc"), "250 ");
        await session.SayAsync("RCPT TO:<Bob@EXAMPLE.org>", "550 ");
        await session.SayAsync("RCPT TO:<bob@EXAMPLE.org>", "250 ");
        await session.SayAsync("DATA", "354 ");
        await session.SayAsync(".", "250 ");
        var mail = Assert.Single(session.Ingress.Accepted);
        Assert.Equal(new EmailAddress("j b", "xn--bcher-kva.example"), mail.Envelope.ReversePath);
        Assert.Equal((true, 77L), (mail.Envelope.IsUtf8, mail.Envelope.AnnouncedSize));
        Assert.Equal([new("bob", "example.org")], mail.Recipients);
    }

    [Theory]
    [InlineData("client.example", "client.example")]
    [InlineData("[192.0.2.1]", "[192.0.2.1]")]
    [InlineData("under_score", "under_score")]
    [InlineData("x (evil) by; <y>", "x--evil--by---y-")]
    [InlineData("John's PC", "John-s-PC")]
    public async Task A_name_that_would_break_the_Received_field_is_mended(string name, string helo)
    {
        var session = await Session.StartAsync();
        await session.Connection.SendAsync($"HELO {name}\r\nMAIL FROM:<>\r\nRCPT TO:<bob@example.org>\r\nDATA\r\n.\r\nQUIT\r\n");
        await session.End.WaitAsync(TimeSpan.FromSeconds(10));
        Assert.Equal(helo, Assert.Single(session.Ingress.Accepted).Envelope.Helo);
    }

    [Fact]
    public async Task Who_speaks_before_the_greeting_is_refused_and_who_waits_is_greeted()
    {
        var time = new FakeTimeProvider();
        var host = Session.NewHost(("banner_delay", TimeSpan.FromSeconds(5)));
        host.Time = time;
        var early = new TestConnection();
        await early.SendAsync("EHLO x\r\nMAIL FROM:<a@b>\r\n");
        var session = await Session.StartAsync(host: host, connection: early);
        Assert.Equal(["554 5.5.0 You spoke before the greeting"], await session.RestAsync());
        Assert.IsType<SessionEnd.Closed>(await session.End);

        var patient = await Session.StartAsync(host: host);
        // The host may wake it: that is no word of the peer's.
        patient.Connection.Wake();
        var greeting = patient.Connection.ReadLineAsync();
        while (!greeting.IsCompleted)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            await Task.WhenAny(greeting, Task.Delay(5));
        }

        Assert.StartsWith("220 ", await greeting);
        await patient.SayAsync("EHLO x", "250-mx");
        // Our own users' programs are not made to wait.
        var submission = await Session.StartAsync("submission", host: host);
        await submission.ExpectAsync("220 ");
    }

    [Fact]
    public async Task A_peer_that_is_silent_for_too_long_is_sent_away()
    {
        var (session, time) = await TimedAsync();
        time.Advance(TimeSpan.FromMinutes(4));
        await session.SayAsync("NOOP", "250 ");
        time.Advance(TimeSpan.FromMinutes(4));
        await session.SayAsync("NOOP", "250 ");
        time.Advance(TimeSpan.FromMinutes(6));
        await session.ExpectAsync("421 4.4.2 ");
        Assert.IsType<SessionEnd.Closed>(await session.End.WaitAsync(TimeSpan.FromSeconds(10)));
    }

    [Fact]
    public async Task Octets_that_drip_do_not_lengthen_the_time_for_a_command()
    {
        var (session, time) = await TimedAsync();
        for (var i = 0; i < 4; i++)
        {
            await session.Connection.SendAsync("N");
            await SettleAsync();
            time.Advance(TimeSpan.FromSeconds(80));
        }

        await session.ExpectAsync("421 4.4.2 ");
    }

    [Fact]
    public async Task The_time_that_filters_take_is_not_the_peers()
    {
        var time = new FakeTimeProvider();
        var host = Session.NewHost();
        host.Time = time;
        ((FakeIngress)host.Ingress).Filters = () => time.Advance(TimeSpan.FromMinutes(10));
        var session = await Session.StartAsync(host: host);
        await session.ExpectAsync("220 ");
        await SettleAsync();
        await session.SayAsync("HELO x", "250 ");
        await session.SayAsync("MAIL FROM:<a@b>", "250 ");
        await SettleAsync();
        time.Advance(TimeSpan.FromMinutes(1));
        await session.SayAsync("NOOP", "250 ");
    }

    [Fact]
    public async Task A_message_that_stops_is_forgotten()
    {
        var (session, time) = await TimedAsync();
        await session.Connection.SendAsync("HELO x\r\nMAIL FROM:<>\r\nRCPT TO:<bob@example.org>\r\nDATA\r\n");
        await session.ExpectAsync("250 ", "250 ", "250 ", "354 ");
        await session.Connection.SendAsync("half");
        await SettleAsync();
        time.Advance(TimeSpan.FromMinutes(4));
        await session.ExpectAsync("421 4.4.2 ");
        await session.End.WaitAsync(TimeSpan.FromSeconds(10));
        Assert.Equal((0, 0), (session.Ingress.Open, session.Ingress.Accepted.Count));
    }

    [Fact]
    public async Task A_message_that_drips_for_ever_is_forgotten()
    {
        var (session, time) = await TimedAsync();
        await session.Connection.SendAsync("HELO x\r\nMAIL FROM:<>\r\nRCPT TO:<bob@example.org>\r\nDATA\r\n");
        await session.ExpectAsync("250 ", "250 ", "250 ", "354 ");
        for (var i = 0; i < 40 && !session.End.IsCompleted; i++)
        {
            await session.Connection.SendAsync("x\r\n");
            await SettleAsync();
            time.Advance(TimeSpan.FromMinutes(2));
        }

        await session.ExpectAsync("421 4.4.2 ");
        Assert.Equal((0, 0), (session.Ingress.Open, session.Ingress.Accepted.Count));
    }

    [Theory]
    [InlineData("AUTH PLAIN AGFsaWNlAHNlQ3JldC03")]
    [InlineData("AUTH PLAIN AGFsaWNlAHdyb25n")]
    [InlineData("AUTH PLAIN\r\nAGFsaWNlAHNlQ3JldC03")]
    [InlineData("AUTH LOGIN\r\nYWxpY2U=\r\nc2VDcmV0LTc=")]
    [InlineData("AUTH LOGIN YWxpY2U=\r\nd3Jvbmc=")]
    [InlineData("AUTH PLAIN AGFsaWNlAHNlQ3JldC03 extra")]
    [InlineData("AUTHPLAIN AGFsaWNlAHNlQ3JldC03")]
    public async Task No_secret_is_in_the_log_or_in_a_reply(string talk)
    {
        var connection = new TestConnection();
        connection.Info = connection.Info with { AllowsPlaintextAuth = true };
        var session = await Session.StartAsync("submission", connection: connection);
        await connection.SendAsync($"EHLO x\r\n{talk}\r\nQUIT\r\n");
        await session.End.WaitAsync(TimeSpan.FromSeconds(10));
        var said = string.Join('\n', [.. await session.RestAsync(), .. session.Log.Lines.Select(line => line.Text)]);
        foreach (var secret in new[] { FakeAccounts.Password, "wrong", "AGFsaWNlAHNlQ3JldC03", "AGFsaWNlAHdyb25n", "c2VDcmV0LTc", "d3Jvbmc" })
            Assert.DoesNotContain(secret, said, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("221 2.0.0", said);
    }

    [Fact]
    public async Task A_bug_tells_the_log_all_and_the_peer_nothing()
    {
        var host = Session.NewHost();
        ((FakeIngress)host.Ingress).Bug = new InvalidOperationException("/secret/path");
        var session = await Session.StartAsync(host: host);
        await session.Connection.SendAsync("HELO x\r\nMAIL FROM:<>\r\n");
        await session.End.WaitAsync(TimeSpan.FromSeconds(10));
        Assert.DoesNotContain("secret", string.Join('\n', await session.RestAsync()));
        Assert.Contains(session.Log.Lines, line => line.Id == 106 && line.Text.Contains("/secret/path", StringComparison.Ordinal));
    }

    [Fact]
    public void Every_status_has_a_code_of_its_class()
    {
        for (byte kind = 4; kind <= 5; kind++)
            for (ushort subject = 0; subject <= 7; subject++)
                for (ushort detail = 0; detail <= 30; detail++)
                {
                    var reply = Encoding.ASCII.GetString(Write(new(new(kind, subject, detail), "x")));
                    Assert.Equal(kind, reply[0] - '0');
                    Assert.Equal(string.Create(CultureInfo.InvariantCulture, $"{reply[..3]} {kind}.{subject}.{detail} x\r\n"), reply);
                }
    }

    [Fact]
    public void A_reply_line_is_short_and_plain()
    {
        var reply = Write(new(new(5, 7, 1), new string('ü', 2000) + "\r\n250 Ok"));
        Assert.True(reply.Length <= 512);
        Assert.Equal(reply.Length - 2, reply.AsSpan().IndexOfAny("\r\n"u8));
        Assert.All(reply, octet => Assert.True(octet < 128));
    }

    [Theory]
    [InlineData("max_message_size", 1000L, "at least 1024")]
    [InlineData("max_recipients", 0L, "from 1 to")]
    [InlineData("max_errors", -1L, "from 1 to")]
    [InlineData("max_text_line", 500L, "at least 1000")]
    [InlineData("max_mesage_size", 5000L, "unknown key")]
    public async Task A_wrong_setting_keeps_the_plugin_from_loading(string key, long value, string reason)
    {
        var host = Session.NewHost((key, value));
        var error = await Assert.ThrowsAsync<ConfigException>(async () => await new SmtpPlugin().ConfigureAsync(host, CancellationToken.None));
        Assert.Contains(key, error.Message);
        Assert.Contains(reason, error.Message);
    }

    [Fact]
    public async Task A_time_limit_of_nothing_keeps_the_plugin_from_loading()
    {
        var host = Session.NewHost(("data_timeout", TimeSpan.Zero));
        await Assert.ThrowsAsync<ConfigException>(async () => await new SmtpPlugin().ConfigureAsync(host, CancellationToken.None));
    }

    private static byte[] Write(Problem problem)
    {
        var output = new System.Buffers.ArrayBufferWriter<byte>();
        ReplyWriter.Write(output, Reply.From(problem));
        return output.WrittenSpan.ToArray();
    }

    private static async Task<(Session Session, FakeTimeProvider Time)> TimedAsync()
    {
        var time = new FakeTimeProvider();
        var host = Session.NewHost();
        host.Time = time;
        var session = await Session.StartAsync(host: host);
        await session.ExpectAsync("220 ");
        await SettleAsync();
        return (session, time);
    }

    // Lets the handler come to its next wait: the pipes run it on the pool.
    private static Task SettleAsync() => Task.Delay(50);
}
