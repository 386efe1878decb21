using MailServer.TestKit;
using Microsoft.Extensions.Time.Testing;

namespace MailServer.Imap.Tests;

/// <summary>Silence, configuration and broken promises of the host.</summary>
public sealed class LimitTests
{
    [Fact]
    public async Task A_stranger_who_says_nothing_is_sent_away_after_the_login_time()
    {
        var time = new FakeTimeProvider();
        var host = Session.NewHost(("login_time", TimeSpan.FromMinutes(1)));
        host.Time = time;
        var session = await Session.StartAsync(host);
        await session.ExpectAsync("* OK ");
        await AdvanceUntilEndAsync(session, time, TimeSpan.FromMinutes(1));
        await session.ExpectAsync("* BYE Autologout");
    }

    [Theory]
    [InlineData("NOOP")]
    [InlineData("IDLE")]
    public async Task A_client_may_be_silent_for_29_minutes_and_not_for_31(string last)
    {
        var time = new FakeTimeProvider();
        var host = Session.NewHost();
        host.Time = time;
        var session = await Session.SelectedAsync(0, host);
        await session.SayAsync("a NOOP", "a OK");
        time.Advance(TimeSpan.FromMinutes(29));
        await session.SayAsync("b " + last, last == "IDLE" ? "+ " : "b OK");
        time.Advance(TimeSpan.FromMinutes(29));
        await session.SayAsync("DONE", last == "IDLE" ? "b OK" : "* BAD");
        await AdvanceUntilEndAsync(session, time, TimeSpan.FromMinutes(31));
        await session.ExpectAsync("* BYE Autologout");
        Assert.Equal(0, session.Store.OpenViews);
    }

    [Theory]
    [InlineData("idle_time", "5m")]
    [InlineData("login_time", "0s")]
    [InlineData("max_errors", "0")]
    [InlineData("max_login_failures", "0")]
    [InlineData("max_message_size", "0")]
    [InlineData("no_such_key", "1")]
    public async Task A_setting_that_makes_no_sense_names_its_key(string key, string value)
    {
        object typed = value.EndsWith('m') ? TimeSpan.FromMinutes(5) : value.EndsWith('s') ? TimeSpan.Zero : long.Parse(value, System.Globalization.CultureInfo.InvariantCulture);
        var exception = await Assert.ThrowsAsync<ConfigException>(() => Session.LoadAsync(Session.NewHost((key, typed))));
        Assert.Equal(key, exception.Key);
    }

    [Fact]
    public async Task A_bug_ends_the_session_with_SERVERBUG_and_no_details()
    {
        var host = Session.NewHost();
        var session = await Session.StartAsync(host);
        await session.ExpectAsync("* OK ");
        ((FakeAccounts)host.Authenticator).Bug = new InvalidOperationException("secret details");
        await session.SayAsync("a LOGIN alice seCret-7", "* BYE [SERVERBUG] Internal error");
        Assert.IsType<SessionEnd.Closed>(await session.End.WaitAsync(TimeSpan.FromSeconds(10)));
    }

    [Fact]
    public async Task After_STARTTLS_passwords_are_taken_and_TLS_is_no_longer_offered()
    {
        var session = await Session.StartAsync(connection: new TestConnection());
        await session.ExpectAsync("* OK ");
        await session.SayAsync("a STARTTLS", "a OK");
        for (var i = 0; i < 500 && session.Connection.Info.Tls is null; i++)
            await Task.Delay(10);
        await session.SayAsync("b CAPABILITY", "* CAPABILITY IMAP4rev1 IMAP4rev2 ID ENABLE LITERAL- SASL-IR AUTH=PLAIN AUTH=LOGIN", "b OK");
        await session.SayAsync("c STARTTLS", "c BAD");
        await session.SayAsync("d LOGIN alice seCret-7", "d OK");
    }

    [Theory]
    [InlineData(10)]
    [InlineData(9_000)]
    [InlineData(70_000)]
    [InlineData(300_000)]
    public async Task Fields_are_found_in_a_header_of_any_length(int padding)
    {
        var session = await Session.LoggedInAsync();
        session.Inbox.Deliver($"First: 1\r\nPad: {new string('x', padding)}\r\nMiddle: 2\r\nPad: {new string('y', padding)}\r\nLast: 3\r\n\r\nFirst: no\r\n");
        await session.Connection.SendAsync("s SELECT INBOX\r\n");
        await session.SkipToAsync("s OK");
        await session.SayAsync("a FETCH 1 BODY.PEEK[HEADER.FIELDS (First Middle Last)]",
            "* 1 FETCH (BODY[HEADER.FIELDS (First Middle Last)] {32}", "First: 1", "Middle: 2", "Last: 3", "", ")", "a OK");
        await session.SayAsync("b FETCH 1 BODY.PEEK[HEADER.FIELDS.NOT (Pad)]<7.5>", "* 1 FETCH (BODY[HEADER.FIELDS.NOT (Pad)]<7> {5}", "1", "Mi)", "b OK");
    }

    [Fact]
    public async Task Fields_that_the_store_keeps_are_answered_without_the_message_and_all_others_with_it()
    {
        var session = await Session.LoggedInAsync();
        session.Inbox.Deliver("First: read\r\nPad: x\r\n\r\nbody\r\n").KeptFields = "First: 1\r\nMiddle: 2\r\n folded\r\nFirst: 3\r\n"u8.ToArray();
        session.Inbox.Deliver("First: read\r\nPad: x\r\n\r\nbody\r\n");
        session.Inbox.Deliver("Pad: x\r\n\r\nbody\r\n").KeptFields = [];
        await session.Connection.SendAsync("s SELECT INBOX\r\n");
        await session.SkipToAsync("s OK");
        await session.SayAsync("a FETCH 1:3 (UID BODY.PEEK[HEADER.FIELDS (LAST First)])",
            "* 1 FETCH (UID 1 BODY[HEADER.FIELDS (LAST First)] {22}", "First: 1", "First: 3", "", ")",
            "* 2 FETCH (UID 2 BODY[HEADER.FIELDS (LAST First)] {15}", "First: read", "", ")",
            "* 3 FETCH (UID 3 BODY[HEADER.FIELDS (LAST First)] {2}", "", ")", "a OK");
        await session.SayAsync("b FETCH 1 BODY.PEEK[HEADER.FIELDS (Middle)]<4.9>", "* 1 FETCH (BODY[HEADER.FIELDS (Middle)]<4> {9}", "le: 2", " f)", "b OK");
        await session.SayAsync("c FETCH 1 BODY.PEEK[HEADER.FIELDS (First Pad)]", "* 1 FETCH (BODY[HEADER.FIELDS (First Pad)] {23}", "First: read", "Pad: x", "", ")", "c OK");
        await session.SayAsync("d FETCH 1 BODY.PEEK[HEADER.FIELDS.NOT (First)]", "* 1 FETCH (BODY[HEADER.FIELDS.NOT (First)] {10}", "Pad: x", "", ")", "d OK");
        await session.SayAsync("e FETCH 1 BODY[HEADER.FIELDS (First)]", "* 1 FETCH (BODY[HEADER.FIELDS (First)] {22}", "First: 1", "First: 3", "", " FLAGS (\\Seen \\Recent))", "e OK");
    }

    [Fact]
    public async Task A_large_message_streams_both_ways()
    {
        var session = await Session.LoggedInAsync();
        var octets = new byte[3_000_000];
        new Random(1).NextBytes(octets);
        await session.SayAsync($"a APPEND INBOX {{{octets.Length}}}", "+ ");
        for (var at = 0; at < octets.Length; at += 70_001)
            await session.Connection.SendAsync(octets.AsMemory(at, Math.Min(70_001, octets.Length - at)));
        await session.SayAsync("", "a OK [APPENDUID ");
        await session.Connection.SendAsync("b SELECT INBOX\r\n");
        await session.SkipToAsync("b OK");
        await session.SayAsync("c FETCH 1 BODY[]", $"* 1 FETCH (BODY[] {{{octets.Length}}}");
        Assert.Equal(octets, await session.Connection.ReadAsync(octets.Length));
        await session.ExpectAsync(" FLAGS (\\Seen \\Recent))", "c OK");
    }

    // The session starts its clock when it waits, which may be a moment after its answer.
    private static async Task AdvanceUntilEndAsync(Session session, FakeTimeProvider time, TimeSpan step)
    {
        for (var i = 0; i < 100 && !session.End.IsCompleted; i++)
        {
            await Task.WhenAny(session.End, Task.Delay(20));
            time.Advance(step);
        }

        Assert.IsType<SessionEnd.Closed>(await session.End.WaitAsync(TimeSpan.FromSeconds(10)));
    }
}
