using System.Text;

namespace MailServer.Smtp.Tests;

/// <summary>Sessions move to the next generation at command boundaries, and only there.</summary>
public sealed class HandOverTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    [Fact]
    public async Task A_quiet_session_moves_with_all_it_has_said()
    {
        var old = await Session.ReadyAsync();
        await old.SayAsync("WHAT", "500 ");
        var next = await MoveAsync(old);
        await next.SayAsync("MAIL FROM:<a@client.example>", "250 2.1.0");
        await next.SayAsync("RCPT TO:<alice@example.org>", "250 2.1.5");
        await next.SayAsync("DATA", "354 ");
        await next.SayAsync("x\r\n.", "250 2.0.0 Ok: m1");
        var mail = Assert.Single(next.Ingress.Accepted);
        Assert.Equal(("client.example", "ESMTP"), (mail.Envelope.Helo, mail.Envelope.With));
    }

    [Fact]
    public async Task A_new_session_moves_before_it_has_said_anything()
    {
        var old = await Session.StartAsync();
        await old.ExpectAsync("220 ");
        var next = await MoveAsync(old);
        await next.SayAsync("MAIL FROM:<>", "503 ");
        await next.SayAsync("HELO x", "250 mx.example.org");
    }

    [Fact]
    public async Task A_refused_session_stays_refused()
    {
        var host = Session.NewHost();
        ((FakeIngress)host.Ingress).ConnectProblem = new(new(5, 7, 1), "no");
        var old = await Session.StartAsync(host: host);
        await old.ExpectAsync("554 ");
        var next = await MoveAsync(old);
        await next.SayAsync("EHLO x", "503 ");
        await next.SayAsync("QUIT", "221 ");
    }

    [Fact]
    public async Task A_login_moves_too()
    {
        var next = await MoveAsync(await Session.ReadyAsync("submission"), "submission");
        await next.SayAsync("AUTH PLAIN AA==", "503 5.5.1 You are logged in already");
        await next.SayAsync("MAIL FROM:<bob@example.org>", "550 5.7.1");
        await next.SayAsync("MAIL FROM:<alice@example.org>", "250 ");
        await next.SayAsync("RCPT TO:<bob@example.org>", "250 ");
        await next.SayAsync("DATA", "354 ");
        await next.SayAsync(".", "250 ");
        Assert.Equal(("alice", "ESMTPA"), (next.Ingress.Accepted[0].Envelope.User?.Name, next.Ingress.Accepted[0].Envelope.With));
    }

    [Fact]
    public async Task Errors_are_counted_across_generations()
    {
        var host = Session.NewHost(("max_errors", 3L));
        var session = await Session.StartAsync(host: host);
        await session.ExpectAsync("220 ");
        await session.SayAsync("X", "500 ");
        session = await MoveAsync(session);
        await session.SayAsync("X", "500 ");
        session = await MoveAsync(session);
        await session.SayAsync("X", "500 ", "421 4.7.0");
    }

    [Theory]
    [InlineData("MAIL FROM:<a@b>|250 |RCPT TO:<alice@example.org>|250 |DATA|354 |half")]
    [InlineData("MAIL FROM:<a@b>|250 |RCPT TO:<alice@example.org>|250 ")]
    [InlineData("MAIL FROM:<a@b>|250 ")]
    public async Task A_transaction_ends_on_the_code_that_began_it(string talk)
    {
        var session = await Session.ReadyAsync();
        var words = talk.Split('|');
        for (var i = 0; i < words.Length; i += 2)
            await session.SayAsync(words[i], i + 1 < words.Length ? [words[i + 1]] : []);
        session.Connection.Drain();
        foreach (var step in new[] { ("RCPT TO:<alice@example.org>", "250 "), ("DATA", "354 "), (".", "250 2.0.0 Ok") })
        {
            if (words.Contains(step.Item1))
                continue;
            Assert.False(session.End.IsCompleted);
            await session.SayAsync(step.Item1, step.Item2);
        }

        Assert.IsType<SessionEnd.HandOver>(await session.End.WaitAsync(Limit));
        Assert.Single(session.Ingress.Accepted);
        Assert.Equal(0, session.Ingress.Open);
    }

    [Fact]
    public async Task An_authentication_ends_on_the_code_that_began_it()
    {
        var connection = new TestKit.TestConnection();
        connection.Info = connection.Info with { AllowsPlaintextAuth = true };
        var session = await Session.StartAsync("submission", connection: connection);
        await session.SayAsync("EHLO x", [.. Enumerable.Repeat("2", 12)]);
        await session.SayAsync("AUTH LOGIN", "334 ");
        connection.Drain();
        await session.SayAsync("YWxpY2U=", "334 ");
        Assert.False(session.End.IsCompleted);
        await session.SayAsync("c2VDcmV0LTc=", "235 ");
        var end = Assert.IsType<SessionEnd.HandOver>(await session.End.WaitAsync(Limit));
        Assert.DoesNotContain(FakeAccounts.Password, Encoding.UTF8.GetString(end.State.Data.Span));
    }

    [Fact]
    public async Task Half_a_command_is_kept_for_the_next_generation()
    {
        var old = await Session.ReadyAsync();
        await old.Connection.SendAsync("NOOP\r\nNO");
        await old.ExpectAsync("250 2.0.0 NOOP done");
        var next = await MoveAsync(old);
        await next.SayAsync("OP", "250 2.0.0 NOOP done");
    }

    [Fact]
    public async Task Whole_commands_are_answered_before_a_session_moves()
    {
        var old = await Session.ReadyAsync();
        old.Connection.IsDraining = true;
        await old.Connection.SendAsync("NOOP\r\nRSET\r\n");
        await old.ExpectAsync("250 2.0.0 NOOP done", "250 2.0.0 Ok");
        Assert.IsType<SessionEnd.HandOver>(await old.End.WaitAsync(Limit));
    }

    [Fact]
    public async Task A_refused_line_is_skipped_on_the_code_that_refused_it()
    {
        var old = await Session.ReadyAsync();
        await old.SayAsync(new string('x', 3000)[..2998] + "\n", "500 5.5.2");
        old.Connection.Drain();
        await old.SayAsync("NOOP\r\nNOOP", "250 ");
        Assert.IsType<SessionEnd.HandOver>(await old.End.WaitAsync(Limit));
    }

    [Fact]
    public async Task A_wake_without_a_reason_changes_nothing()
    {
        var session = await Session.ReadyAsync();
        for (var i = 0; i < 10; i++)
        {
            session.Connection.Wake();
            await session.SayAsync("NOOP", "250 ");
        }

        await session.SayAsync("MAIL FROM:<a@b>", "250 ");
        await session.SayAsync("RCPT TO:<bob@example.org>", "250 ");
        await session.SayAsync("DATA", "354 ");
        session.Connection.Wake();
        await session.Connection.SendAsync("a\r\n");
        session.Connection.Wake();
        await session.SayAsync(".", "250 ");
        Assert.Equal("a\r\n", session.Ingress.Accepted[0].Text);
    }

    [Fact]
    public async Task A_server_that_stops_says_goodbye()
    {
        var session = await Session.ReadyAsync();
        session.Connection.Drain(closing: true);
        await session.ExpectAsync("421 4.3.2 ");
        Assert.IsType<SessionEnd.Closed>(await session.End.WaitAsync(Limit));
    }

    [Fact]
    public async Task A_server_that_stops_waits_for_the_message_in_hand()
    {
        var session = await Session.ReadyAsync();
        await session.SayAsync("MAIL FROM:<a@b>", "250 ");
        await session.SayAsync("RCPT TO:<bob@example.org>", "250 ");
        await session.SayAsync("DATA", "354 ");
        session.Connection.Drain(closing: true);
        await session.SayAsync("x\r\n.", "250 2.0.0 Ok", "421 4.3.2 ");
        Assert.Single(session.Ingress.Accepted);
    }

    [Theory]
    [InlineData("smtp/2", "{}")]
    [InlineData("imap/1", "{}")]
    [InlineData("smtp/1", "")]
    [InlineData("smtp/1", "{}")]
    [InlineData("smtp/1", "[]")]
    [InlineData("smtp/1", "{\"refused\":false,\"errors\":\"x\",\"authFailures\":0}")]
    [InlineData("smtp/1", "{\"refused\":false,\"errors\":0,\"authFailures\":0,\"helo\":\"x\"}")]
    public async Task A_foreign_state_is_refused(string format, string data)
    {
        var handler = await Session.LoadAsync(Session.NewHost(), "smtp");
        Assert.False(handler.CanResume(new() { Format = format, Data = Encoding.UTF8.GetBytes(data) }));
    }

    private static async Task<Session> MoveAsync(Session old, string protocol = "smtp")
    {
        old.Connection.Drain();
        var end = Assert.IsType<SessionEnd.HandOver>(await old.End.WaitAsync(Limit));
        Assert.Equal("smtp/1", end.State.Format);
        old.Connection.IsDraining = false;
        var handler = await Session.LoadAsync(old.Host, protocol);
        Assert.True(handler.CanResume(end.State));
        return await Session.StartAsync(protocol, old.Host, old.Connection, end.State);
    }
}
