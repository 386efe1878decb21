using MailServer.TestKit;

namespace MailServer.Pop3.Tests;

public sealed class LimitTests
{
    [Fact]
    public async Task A_line_has_255_octets_and_no_more()
    {
        var pop = new Pop3Fixture().Start();
        await pop.SayAsync($"S~ +OK\nC: USER {new string('a', 248)}\nS~ +OK\nC: USER {new string('a', 249)}\nS: -ERR The line is too long\nC: USER a\nS~ +OK");
    }

    [Fact]
    public async Task A_bare_LF_does_not_end_a_line()
    {
        var pop = new Pop3Fixture().Start();
        await pop.SayAsync("S~ +OK");
        await pop.Connection.SendAsync("USER alice\nPASS secret word\r\nUSER alice\r\n");
        await pop.SayAsync("S: -ERR Lines end in CRLF\nS~ +OK");
    }

    [Fact]
    public async Task A_line_without_end_ends_the_connection()
    {
        var pop = new Pop3Fixture().Start();
        await pop.SayAsync("S~ +OK");
        await pop.Connection.SendAsync(new string('A', 100_000));
        Assert.Equal("-ERR The line is too long\r\n-ERR Goodbye: a line without end\r\n", await pop.ReadToEndAsync());
    }

    [Fact]
    public async Task Many_errors_end_the_connection()
    {
        var pop = new Pop3Fixture().Start();
        await pop.SayAsync("S~ +OK");
        await pop.Connection.SendAsync(string.Concat(Enumerable.Repeat("FOO\r\n", 50)));
        Assert.Equal(string.Concat(Enumerable.Repeat("-ERR Unknown command\r\n", 19)) + "-ERR Goodbye: too many errors\r\n", await pop.ReadToEndAsync());
    }

    [Fact]
    public async Task A_browser_is_hung_up_on()
    {
        var pop = new Pop3Fixture().Start();
        await pop.SayAsync("S~ +OK");
        await pop.Connection.SendAsync("POST / HTTP/1.1\r\nHost: x\r\n\r\nUSER alice\r\n");
        Assert.Equal("-ERR Goodbye: HTTP\r\n", await pop.ReadToEndAsync());
    }

    [Fact]
    public async Task TLS_on_the_port_in_clear_is_hung_up_on_at_once()
    {
        var pop = new Pop3Fixture(isTls: false).Start();
        await pop.SayAsync("S~ +OK");
        await pop.Connection.SendAsync("\x16\x03\x01\x02\x00\x01\x00");
        Assert.Equal("-ERR Goodbye: TLS before STLS\r\n", await pop.ReadToEndAsync());
    }

    [Fact]
    public async Task Ten_silent_minutes_end_a_session_and_delete_nothing()
    {
        var pop = new Pop3Fixture();
        pop.Store.Add("a: b\r\n\r\n");
        pop.Start();
        await pop.LogInAsync();
        await pop.SayAsync("C: DELE 1\nS~ +OK");
        pop.Time.Advance(TimeSpan.FromMinutes(9));
        await pop.SayAsync("C: NOOP\nS~ +OK");
        pop.Time.Advance(TimeSpan.FromMinutes(9));
        Assert.False(pop.Session.IsCompleted);
        pop.Time.Advance(TimeSpan.FromMinutes(1.1));
        await pop.EndsAsync();
        Assert.True(pop.Connection.IsAborted);
        Assert.Single(pop.Store.Messages);
        Assert.False(pop.Store.IsLocked);
    }

    [Fact]
    public async Task Strangers_cannot_prolong_their_time()
    {
        var pop = new Pop3Fixture().Start();
        await pop.SayAsync("S~ +OK");
        for (var i = 0; i < 2; i++)
        {
            pop.Time.Advance(TimeSpan.FromMinutes(1));
            await pop.SayAsync("C: USER alice\nS~ +OK");
        }

        pop.Time.Advance(TimeSpan.FromMinutes(1.1));
        await pop.EndsAsync();
    }

    [Theory]
    [InlineData("idle_time", 599)]
    [InlineData("login_time", 0)]
    [InlineData("login_time", 100_000)]
    public async Task Limits_that_make_no_sense_are_configuration_errors(string key, int seconds)
    {
        var host = new TestPluginHost { Config = new TestConfig((key, TimeSpan.FromSeconds(seconds))) };
        var error = await Assert.ThrowsAsync<ConfigException>(() => Pop3Fixture.HandlerAsync(host));
        Assert.Equal(key, error.Key);
    }

    [Theory]
    [InlineData("max_errors")]
    [InlineData("max_login_failures")]
    public async Task Without_any_patience_nobody_could_log_in(string key)
    {
        var error = await Assert.ThrowsAsync<ConfigException>(() => Pop3Fixture.HandlerAsync(new TestPluginHost { Config = new TestConfig((key, 0L)) }));
        Assert.Equal(key, error.Key);
    }

    [Fact]
    public async Task An_unknown_key_is_a_configuration_error() =>
        await Assert.ThrowsAsync<ConfigException>(() => Pop3Fixture.HandlerAsync(new TestPluginHost { Config = new TestConfig(("idle", "10m")) }));
}
