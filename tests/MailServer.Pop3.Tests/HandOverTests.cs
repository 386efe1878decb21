using System.Text;

namespace MailServer.Pop3.Tests;

/// <summary>A session that moves to new code between two commands.</summary>
public sealed class HandOverTests
{
    private const string Script = Pop3Fixture.Login
        + "STAT\r\nDELE 1\r\nLIST\r\nRETR 2\r\nTOP 3 1\r\nUIDL\r\nNOOP\r\nRSET\r\nDELE 3\r\nSTAT\r\nBAD\r\nCAPA\r\nDELE 2\r\nQUIT\r\n";

    [Fact]
    public async Task Marks_and_numbers_come_along()
    {
        var pop = Begin();
        await pop.LogInAsync();
        await pop.SayAsync("C: DELE 2\nS~ +OK");
        pop.Start(await pop.HandOverAsync());
        await pop.SayAsync("C: LIST\nS~ +OK 2\nS~ 1 \nS~ 3 \nS: .\nC: DELE 2\nS: -ERR The message is deleted\nC: QUIT\nS: +OK Goodbye, 1 messages removed");
        await pop.EndsAsync();
        Assert.Equal([1u, 3u], pop.Store.Messages.Select(message => message.Uid));
        Assert.Equal(0, pop.Store.OpenAccounts);
    }

    [Fact]
    public async Task The_name_comes_along_between_USER_and_PASS()
    {
        var pop = Begin();
        await pop.SayAsync("S~ +OK\nC: USER alice\nS~ +OK");
        pop.Start(await pop.HandOverAsync());
        await pop.SayAsync("C: PASS secret word\nS~ +OK 3 messages");
    }

    [Fact]
    public async Task Failed_logins_are_not_forgotten()
    {
        var pop = Begin();
        await pop.SayAsync("S~ +OK");
        for (var i = 0; i < 4; i++)
        {
            await pop.SayAsync("C: USER alice\nS~ +OK\nC: PASS x\nS~ -ERR [AUTH]");
            pop.Start(await pop.HandOverAsync());
        }

        await pop.SayAsync("C: USER alice\nS~ +OK\nC: PASS x\nS~ -ERR Goodbye");
        await pop.EndsAsync();
    }

    [Fact]
    public async Task An_exchange_ends_on_the_code_it_began_with()
    {
        var pop = Begin();
        await pop.SayAsync("S~ +OK\nC: AUTH PLAIN\nS: + ");
        pop.Connection.Drain();
        Assert.False(pop.Session.IsCompleted);
        await pop.SayAsync($"C: {Convert.ToBase64String("\0alice\0secret word"u8)}\nS~ +OK 3 messages");
        pop.Start(await pop.HandOverAsync());
        await pop.SayAsync("C: NOOP\nS: +OK NOOP done");
    }

    [Fact]
    public async Task A_half_line_waits_for_the_new_code()
    {
        var pop = Begin();
        await pop.LogInAsync();
        await pop.Connection.SendAsync("NO");
        pop.Start(await pop.HandOverAsync());
        await pop.Connection.SendAsync("OP\r\n");
        await pop.SayAsync("S: +OK NOOP done");
    }

    [Fact]
    public async Task A_server_that_stops_says_so()
    {
        var pop = Begin();
        await pop.LogInAsync();
        await pop.SayAsync("C: DELE 1\nS~ +OK");
        pop.Connection.Drain(closing: true);
        Assert.Equal("-ERR [SYS/TEMP] The server is shutting down\r\n", await pop.ReadToEndAsync());
        Assert.Equal(3, pop.Store.Messages.Count);
        Assert.False(pop.Store.IsLocked);
    }

    [Fact]
    public async Task Moving_after_any_octet_changes_no_answer()
    {
        var whole = Begin();
        await whole.Connection.SendAsync(Script);
        var expected = await whole.ReadToEndAsync();
        Assert.Equal("+OK Goodbye, 2 messages removed", expected.Split("\r\n")[^2]);

        for (var at = 0; at < Script.Length; at++)
        {
            var pop = Begin();
            await pop.Connection.SendAsync(Script[..at]);
            pop.Connection.Drain();
            await pop.Connection.SendAsync(Script[at..]);
            var end = await pop.Session.WaitAsync(TimeSpan.FromSeconds(10));
            if (end is SessionEnd.HandOver over)
                pop.Start(over.State);
            Assert.Equal(expected, await pop.ReadToEndAsync());
            Assert.Equal([1u], pop.Store.Messages.Select(message => message.Uid));
        }
    }

    [Theory]
    [InlineData("pop3/2", "")]
    [InlineData("pop3/1", "")]
    [InlineData("pop3/1", "00")]
    [InlineData("pop3/1", "FFFFFFFF0F")]
    [InlineData("pop3/1", "000000000000000000FFFFFFFF")]
    [InlineData("pop3/1", "000000000000000000010000000100")]
    public async Task A_state_that_is_not_whole_is_refused(string format, string data)
    {
        var handler = await Pop3Fixture.HandlerAsync(new());
        Assert.False(handler.CanResume(new() { Format = format, Data = Convert.FromHexString(data) }));
        Assert.True(handler.CanResume(new() { Format = "pop3/1", Data = Convert.FromHexString("00000000000000000000000000") }));
    }

    [Fact]
    public async Task Any_split_gives_the_same_answers()
    {
        var whole = Begin();
        await whole.Connection.SendAsync(Script);
        var expected = await whole.ReadToEndAsync();
        foreach (var size in new[] { 1, 2, 3, 5, 7, 11, 50 })
        {
            var pop = Begin();
            var octets = Encoding.Latin1.GetBytes(Script);
            for (var at = 0; at < octets.Length; at += size)
            {
                await pop.Connection.SendAsync(octets.AsMemory(at, Math.Min(size, octets.Length - at)));
                await Task.Yield();
            }

            Assert.Equal(expected, await pop.ReadToEndAsync());
        }
    }

    private static Pop3Fixture Begin()
    {
        var pop = new Pop3Fixture();
        pop.Store.Add("a: 1\r\n\r\none\r\n").Add("a: 2\r\n\r\n.\r\ntwo").Add("a: 3\r\n\r\n.one\r\ntwo\r\n");
        return pop.Start();
    }
}
