using MailServer.TestKit;
using System.Text;

namespace MailServer.Pop3.Tests;

/// <summary>RFC 2595, RFC 5034 and what is told before a login.</summary>
public sealed class LoginTests
{
    [Fact]
    public async Task Capabilities_say_what_is_true_now()
    {
        var pop = new Pop3Fixture(isTls: false).Start();
        await pop.SayAsync("""
            S~ +OK
            C: CAPA
            S: +OK Capabilities follow
            S: TOP
            S: UIDL
            S: PIPELINING
            S: RESP-CODES
            S: AUTH-RESP-CODE
            S: EXPIRE NEVER
            S: UTF8 USER
            S: LANG
            S: STLS
            S: IMPLEMENTATION MailServer 0.0.1
            S: .
            """);
        await pop.StartTlsAsync();
        await pop.SayAsync("""
            C: CAPA
            S: +OK Capabilities follow
            S: TOP
            S: UIDL
            S: PIPELINING
            S: RESP-CODES
            S: AUTH-RESP-CODE
            S: EXPIRE NEVER
            S: UTF8 USER
            S: LANG
            S: USER
            S: SASL PLAIN LOGIN
            S: IMPLEMENTATION MailServer 0.0.1
            S: .
            """);
    }

    [Theory]
    [InlineData("USER alice")]
    [InlineData("PASS secret word")]
    [InlineData("AUTH")]
    [InlineData("AUTH PLAIN")]
    [InlineData("AUTH PLAIN AGFsaWNlAHNlY3JldCB3b3Jk")]
    public async Task No_password_is_taken_before_TLS(string line)
    {
        var pop = new Pop3Fixture(isTls: false).Start();
        await pop.SayAsync($"S~ +OK\nC: {line}\nS: -ERR [AUTH] No passwords in clear: begin TLS first");
    }

    [Fact]
    public async Task STLS_forgets_what_was_said_before()
    {
        var pop = new Pop3Fixture(isTls: false);
        pop.Connection.Info = pop.Connection.Info with { AllowsPlaintextAuth = true };
        pop.Start();
        await pop.SayAsync("S~ +OK\nC: USER alice\nS~ +OK");
        await pop.StartTlsAsync();
        await pop.SayAsync("C: PASS secret word\nS: -ERR USER first\nC: STLS\nS: -ERR TLS is up already");
    }

    [Fact]
    public async Task Commands_behind_STLS_end_the_connection()
    {
        var pop = new Pop3Fixture(isTls: false).Start();
        await pop.SayAsync("S~ +OK");
        await pop.Connection.SendAsync("STLS\r\nUSER alice\r\nPASS secret word\r\n");
        Assert.Equal("+OK Begin TLS\r\n-ERR Goodbye: commands behind STLS\r\n", await pop.ReadToEndAsync());
        Assert.Null(pop.Connection.Info.Tls);
    }

    [Theory]
    [InlineData("\0alice\0secret word", "+OK 0 messages")]
    [InlineData("alice\0alice\0secret word", "+OK 0 messages")]
    [InlineData("bob\0alice\0secret word", "-ERR [AUTH] Wrong")]
    [InlineData("\0alice\0wrong", "-ERR [AUTH] Wrong")]
    [InlineData("\0nobody\0secret word", "-ERR [AUTH] Wrong")]
    [InlineData("alice\0secret word", "-ERR The response is none of this mechanism")]
    [InlineData("", "-ERR The response is none of this mechanism")]
    public async Task AUTH_PLAIN_with_and_without_initial_response(string message, string reply)
    {
        var base64 = Convert.ToBase64String(Encoding.UTF8.GetBytes(message));
        await new Pop3Fixture().Start().SayAsync($"S~ +OK\nC: AUTH PLAIN {(base64.Length > 0 ? base64 : "=")}\nS~ {reply}");
        await new Pop3Fixture().Start().SayAsync($"S~ +OK\nC: auth plain\nS: + \nC: {base64}\nS~ {reply}");
    }

    [Fact]
    public async Task AUTH_LOGIN_asks_twice()
    {
        await new Pop3Fixture().Start().SayAsync(
            $"S~ +OK\nC: AUTH LOGIN\nS: + VXNlcm5hbWU6\nC: YWxpY2U=\nS: + UGFzc3dvcmQ6\nC: {Convert.ToBase64String("secret word"u8)}\nS~ +OK 0 messages");
    }

    [Theory]
    [InlineData("*", "-ERR Cancelled")]
    [InlineData("!!!", "-ERR The response is not base64")]
    [InlineData("AGFsaWNlAHNlY3JldCB3b3Jk=", "-ERR The response is not base64")]
    [InlineData("QUIT", "-ERR The response is none of this mechanism")]
    public async Task An_exchange_can_be_cancelled_or_broken(string response, string reply)
    {
        var pop = new Pop3Fixture().Start();
        await pop.SayAsync($"S~ +OK\nC: AUTH PLAIN\nS: + \nC: {response}\nS~ {reply}\nC: USER alice\nS~ +OK");
    }

    [Fact]
    public async Task AUTH_alone_lists_and_other_mechanisms_are_unknown()
    {
        await new Pop3Fixture().Start().SayAsync("S~ +OK\nC: AUTH\nS~ +OK\nS: PLAIN\nS: LOGIN\nS: .\nC: AUTH CRAM-MD5\nS: -ERR No such mechanism");
    }

    [Fact]
    public async Task A_long_response_is_a_response_and_a_longer_one_an_error()
    {
        var pop = new Pop3Fixture().Start();
        var longest = Convert.ToBase64String(Encoding.ASCII.GetBytes($"\0{new string('n', 1024)}\0{new string('p', 1024)}"));
        await pop.SayAsync($"S~ +OK\nC: AUTH PLAIN\nS: + \nC: {longest}\nS~ -ERR [AUTH]");
        await pop.SayAsync($"C: AUTH PLAIN\nS: + \nC: {new string('A', 14000)}\nS: -ERR The line is too long\nC: USER alice\nS~ +OK");
    }

    [Theory]
    [InlineData("alice", "wrong")]
    [InlineData("nobody", "secret word")]
    public async Task A_wrong_name_and_a_wrong_password_are_the_same(string name, string password)
    {
        var pop = new Pop3Fixture().Start();
        await pop.SayAsync($"S~ +OK\nC: USER {name}\nS: +OK Now the password\nC: PASS {password}\nS: -ERR [AUTH] Wrong name or password");
        await pop.SayAsync("C: PASS secret word\nS: -ERR USER first");
    }

    [Fact]
    public async Task Guessing_ends_the_connection()
    {
        var pop = new Pop3Fixture().Start();
        await pop.SayAsync("S~ +OK");
        await pop.Connection.SendAsync(string.Concat(Enumerable.Repeat("USER alice\r\nPASS x\r\n", 9)));
        var replies = await pop.ReadToEndAsync();
        Assert.Equal(4, replies.Split("[AUTH]").Length - 1);
        Assert.EndsWith("-ERR Goodbye: too many failed logins\r\n", replies, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_login_that_cannot_be_checked_is_no_wrong_password()
    {
        var pop = new Pop3Fixture().Start();
        pop.Authenticator.IsAway = true;
        await pop.SayAsync("S~ +OK\nC: USER alice\nS~ +OK\nC: PASS secret word\nS~ -ERR [SYS/TEMP]");
    }

    /// <summary>RFC 6856.</summary>
    [Fact]
    public async Task UTF8_is_for_before_login_and_LANG_for_always()
    {
        var pop = new Pop3Fixture(isTls: false).Start();
        await pop.SayAsync("""
            S~ +OK
            C: LANG
            S: +OK Languages follow
            S: en English
            S: .
            C: LANG *
            S: +OK en English it is
            C: LANG de
            S: -ERR No such language here
            C: UTF8 x
            S: -ERR UTF8 takes no argument
            C: UTF8
            S: +OK UTF-8 it is
            """);
        pop.Start(await pop.HandOverAsync());
        await pop.SayAsync("C: STLS\nS: -ERR STLS comes before UTF8");

        var under = new Pop3Fixture().Start();
        await under.LogInAsync();
        await under.SayAsync("C: UTF8\nS: -ERR You are logged in already\nC: LANG EN\nS: +OK en English it is");
    }

    /// <summary>RFC 2449 §6.5, §8.1.1.</summary>
    [Fact]
    public async Task Who_comes_again_too_soon_is_told_so()
    {
        var pop = new Pop3Fixture();
        var host = new TestPluginHost { Store = pop.Store, Authenticator = pop.Authenticator, Time = pop.Time, Config = new TestConfig(("login_delay", TimeSpan.FromSeconds(90))) };
        var handler = await Pop3Fixture.HandlerAsync(host);
        string[] answers = [await LoginAsync(), await LoginAsync()];
        pop.Time.Advance(TimeSpan.FromSeconds(90));
        Assert.Equal(["+OK", "-ERR [LOGIN-DELAY] Too soon after the last login", "+OK"], [.. answers, await LoginAsync()]);

        async Task<string> LoginAsync()
        {
            var connection = new TestConnection();
            connection.Info = new Pop3Fixture().Connection.Info;
            var session = handler.RunAsync(connection, null, default).AsTask();
            await connection.SendAsync("CAPA\r\n" + Pop3Fixture.Login + "QUIT\r\n");
            await session.WaitAsync(TimeSpan.FromSeconds(10));
            connection.CompleteOutput();
            var lines = new List<string>();
            while (await connection.ReadLineAsync() is { } line)
                lines.Add(line);
            Assert.Contains("LOGIN-DELAY 90", lines);
            var answer = lines[lines.IndexOf("+OK Now the password") + 1];
            return answer.StartsWith("+OK", StringComparison.Ordinal) ? "+OK" : answer;
        }
    }

    [Theory]
    [InlineData("STAT")]
    [InlineData("LIST")]
    [InlineData("RETR 1")]
    [InlineData("NOOP")]
    [InlineData("RSET")]
    public async Task Nothing_is_done_before_login(string line) =>
        await new Pop3Fixture().Start().SayAsync($"S~ +OK\nC: {line}\nS: -ERR Log in first\nC: QUIT\nS: +OK Goodbye");
}
