namespace MailServer.Pop3.Tests;

/// <summary>RFC 1939, command by command.</summary>
public sealed class SessionTests
{
    private const string First = "Subject: one\r\n\r\nfirst line\r\n.dot\r\nlast\r\n";
    private const string Second = "Subject: two\r\n\r\n";

    [Fact]
    public async Task A_whole_session()
    {
        var pop = Begin();
        await pop.SayAsync("""
            S: +OK mx.example.org POP3 server ready
            C: USER alice
            S: +OK Now the password
            C: PASS secret word
            S: +OK 2 messages, 56 octets
            C: STAT
            S: +OK 2 56
            C: LIST
            S: +OK 2 messages, 56 octets
            S: 1 40
            S: 2 16
            S: .
            C: list 2
            S: +OK 2 16
            C: UIDL
            S: +OK 2 messages, 56 octets
            S: 1 0000000100000001
            S: 2 0000000200000001
            S: .
            C: UIDL 1
            S: +OK 1 0000000100000001
            C: RETR 1
            S: +OK 40 octets
            S: Subject: one
            S:
            S: first line
            S: ..dot
            S: last
            S: .
            C: NOOP
            S: +OK NOOP done
            C: QUIT
            S: +OK Goodbye, 0 messages removed
            """);
        await pop.EndsAsync();
        Assert.Equal(2, pop.Store.Messages.Count);
        Assert.False(pop.Store.IsLocked);
        Assert.Equal(0, pop.Store.OpenAccounts);
    }

    [Fact]
    public async Task TOP_gives_the_header_and_so_many_lines()
    {
        var pop = Begin();
        await pop.LogInAsync();
        await pop.SayAsync("""
            C: TOP 1 0
            S~ +OK
            S: Subject: one
            S:
            S: .
            C: TOP 1 2
            S~ +OK
            S: Subject: one
            S:
            S: first line
            S: ..dot
            S: .
            C: TOP 1 4000000000
            S~ +OK
            S: Subject: one
            S:
            S: first line
            S: ..dot
            S: last
            S: .
            C: TOP 1
            S~ -ERR
            C: TOP 3 1
            S: -ERR No such message
            """);
    }

    [Fact]
    public async Task Messages_go_at_QUIT_and_no_sooner()
    {
        var pop = Begin();
        await pop.LogInAsync();
        await pop.SayAsync("""
            C: DELE 1
            S~ +OK
            C: DELE 1
            S: -ERR The message is deleted
            C: RETR 1
            S: -ERR The message is deleted
            C: UIDL 1
            S: -ERR The message is deleted
            C: STAT
            S: +OK 1 16
            C: LIST
            S~ +OK 1 messages
            S: 2 16
            S: .
            C: RSET
            S~ +OK 2 messages, 56 octets
            C: STAT
            S: +OK 2 56
            C: DELE 1
            S~ +OK
            """);
        Assert.Equal(2, pop.Store.Messages.Count);
        await pop.SayAsync("C: QUIT\nS: +OK Goodbye, 1 messages removed");
        Assert.False(pop.Store.IsLocked);                                   // the client may come again at once
        await pop.EndsAsync();
        Assert.Equal(2u, Assert.Single(pop.Store.Messages).Uid);
    }

    [Fact]
    public async Task Hanging_up_deletes_nothing()
    {
        var pop = Begin();
        await pop.LogInAsync();
        await pop.SayAsync("C: DELE 1\nS~ +OK");
        pop.Connection.HangUp();
        await pop.EndsAsync();
        Assert.Equal(2, pop.Store.Messages.Count);
        Assert.False(pop.Store.IsLocked);
        Assert.Equal(0, pop.Store.OpenAccounts);
    }

    [Theory]
    [InlineData(4, "-ERR [SYS/TEMP] Some deleted messages are not removed")]
    [InlineData(5, "-ERR [SYS/PERM] Some deleted messages are not removed")]
    public async Task QUIT_says_when_it_could_not_remove(byte kind, string reply)
    {
        var pop = Begin();
        pop.Store.ExpungeProblem = new(new(kind, 3, 0), "disk");
        await pop.LogInAsync();
        await pop.SayAsync("C: DELE 1\nS~ +OK\nC: QUIT\nS: " + reply);
        await pop.EndsAsync();
    }

    [Theory]
    [InlineData("RETR 0")]
    [InlineData("RETR 3")]
    [InlineData("RETR -1")]
    [InlineData("RETR")]
    [InlineData("RETR 1 2")]
    [InlineData("DELE 99999999999999999999")]
    [InlineData("LIST x")]
    [InlineData("UIDL 1x")]
    [InlineData("APOP alice 00112233445566778899aabbccddeeff")]
    [InlineData("USER bob")]
    [InlineData("STLS")]
    [InlineData("AUTH PLAIN")]
    [InlineData("XYZZY")]
    [InlineData("")]
    public async Task What_cannot_be_done_is_an_error_and_the_session_goes_on(string line)
    {
        var pop = Begin();
        await pop.LogInAsync();
        await pop.SayAsync($"C: {line}\nS~ -ERR\nC: NOOP\nS: +OK NOOP done");
    }

    [Fact]
    public async Task A_message_that_is_gone_is_an_error()
    {
        var pop = Begin();
        pop.Store.Messages[0].IsGone = true;
        await pop.LogInAsync();
        await pop.SayAsync("C: RETR 1\nS: -ERR [SYS/PERM] The message is gone\nC: RETR 2\nS~ +OK 16");
    }

    [Fact]
    public async Task A_file_that_breaks_off_never_looks_whole()
    {
        var pop = Begin();
        pop.Store.Messages[0].BreaksAt = 20;
        await pop.LogInAsync();
        await pop.SayAsync("C: RETR 1");
        Assert.DoesNotContain("\r\n.\r\n", await pop.ReadToEndAsync(), StringComparison.Ordinal);
        Assert.True(pop.Connection.IsAborted);
    }

    [Fact]
    public async Task A_big_message_comes_whole()
    {
        var pop = new Pop3Fixture();
        var text = "Subject: big\r\n\r\n" + string.Concat(Enumerable.Range(0, 40_000).Select(i => $"{(i % 7 == 0 ? "." : "")}line {i}\r\n"));
        pop.Store.Add(text);
        pop.Start();
        await pop.LogInAsync();
        await pop.SayAsync($"C: RETR 1\nS: +OK {text.Length} octets");
        var sent = text.Replace("\r\n.", "\r\n..", StringComparison.Ordinal) + ".\r\n";
        Assert.Equal(sent, System.Text.Encoding.Latin1.GetString(await pop.Connection.ReadAsync(sent.Length)));
    }

    [Fact]
    public async Task A_second_session_is_refused_while_one_has_the_maildrop()
    {
        var pop = Begin();
        pop.Store.IsLocked = true;
        await pop.SayAsync("S~ +OK\nC: USER alice\nS~ +OK\nC: PASS secret word\nS: -ERR [IN-USE] Another session has the maildrop");
        Assert.Equal(0, pop.Store.OpenAccounts);
        pop.Store.IsLocked = false;
        await pop.SayAsync("C: USER alice\nS~ +OK\nC: PASS secret word\nS~ +OK 2");
    }

    [Fact]
    public async Task A_store_that_is_away_is_a_temporary_error()
    {
        var pop = Begin();
        pop.Store.OpenProblem = Problem.Unavailable;
        await pop.SayAsync("S~ +OK\nC: USER alice\nS~ +OK\nC: PASS secret word\nS~ -ERR [SYS/TEMP]");
    }

    private static Pop3Fixture Begin()
    {
        var pop = new Pop3Fixture();
        pop.Store.Add(First).Add(Second);
        return pop.Start();
    }
}
