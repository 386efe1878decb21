using MailServer.Plugins.Imap;

namespace MailServer.Imap.Tests;

/// <summary>Sessions move to a new generation and their clients notice nothing.</summary>
public sealed class HandOverTests
{
    [Fact]
    public async Task A_stranger_is_handed_over_without_a_second_greeting()
    {
        var session = await Session.StartAsync();
        await session.ExpectAsync("* OK ");
        await session.HandOverAsync();
        await session.SayAsync("1 NOOP", "1 OK NOOP done");
        await session.SayAsync("2 LOGIN alice seCret-7", "2 OK ");
    }

    [Fact]
    public async Task The_greeting_is_sent_even_when_a_new_generation_waits_at_once()
    {
        var connection = Session.Encrypted();
        connection.IsDraining = true;
        var session = await Session.StartAsync(connection: connection);
        await session.ExpectAsync("* OK ");
        await session.HandOverAsync();
        await session.SayAsync("1 NOOP", "1 OK NOOP done");
    }

    [Fact]
    public async Task Who_has_logged_in_stays_so()
    {
        var session = await Session.LoggedInAsync();
        await session.HandOverAsync();
        await session.SayAsync("1 LIST \"\" *", "* LIST (\\HasNoChildren) \"/\" INBOX", "1 OK");
        Assert.Equal(1, session.Store.OpenAccounts);
    }

    [Fact]
    public async Task An_open_folder_stays_open_with_its_sequence_numbers()
    {
        var session = await Session.SelectedAsync(3);
        session.Inbox.Remove(1);
        await session.HandOverAsync();
        Assert.Equal(1, session.Store.OpenViews);
        await session.SayAsync("1 FETCH 3 UID", "* 3 FETCH (UID 3)", "1 OK");
        await session.SayAsync("2 NOOP", "* 1 EXPUNGE", "2 OK NOOP done");
    }

    [Fact]
    public async Task IDLE_goes_on_and_DONE_is_answered_by_the_new_generation()
    {
        var session = await Session.SelectedAsync(1);
        await session.SayAsync("1 IDLE", "+ ");
        await session.HandOverAsync();
        session.Inbox.Deliver("Subject: x\r\n\r\n");
        await session.ExpectAsync("* 2 EXISTS", "* 2 RECENT");
        await session.HandOverAsync();
        await session.SayAsync("DONE", "1 OK IDLE completed");
        await session.SayAsync("2 NOOP", "2 OK NOOP done");
    }

    [Fact]
    public async Task Who_guesses_gets_no_more_tries_from_a_new_generation()
    {
        var session = await Session.StartAsync();
        await session.ExpectAsync("* OK ");
        for (var i = 1; i < 5; i++)
        {
            await session.SayAsync($"{i} LOGIN alice wrong{i}", $"{i} NO");
            await session.HandOverAsync();
        }

        await session.SayAsync("5 LOGIN alice wrong5", "5 NO", "* BYE Too many failed logins");
    }

    [Fact]
    public async Task What_is_enabled_stays_enabled_and_a_saved_search_saved()
    {
        var session = await Session.SelectedAsync(5);
        await session.SayAsync("1 ENABLE QRESYNC", "* ENABLED QRESYNC", "* OK [HIGHESTMODSEQ 6]", "1 OK");
        await session.SayAsync("2 SEARCH RETURN (SAVE) 2,4:5", "2 OK");
        await session.HandOverAsync();
        await session.SayAsync("3 STORE 1 +FLAGS.SILENT \\Deleted", "* 1 FETCH (UID 1 MODSEQ (7))", "3 OK");
        await session.SayAsync("4 SEARCH $", "* SEARCH 2 4 5", "4 OK");
        await session.HandOverAsync();
        await session.SayAsync("5 EXPUNGE", "* VANISHED 1", "5 OK [HIGHESTMODSEQ 8]");
        await session.SayAsync("6 FETCH $ UID", "* 1 FETCH (UID 2)", "* 3 FETCH (UID 4)", "* 4 FETCH (UID 5)", "6 OK");
    }

    [Theory]
    [InlineData("UTF8=ACCEPT", "1 LIST \"\" \"\u00c3\u00bc\"", "* LIST (\\HasNoChildren) \"/\" \"\u00c3\u00bc\"")]
    [InlineData("IMAP4rev2", "1 SEARCH ALL", "* ESEARCH (TAG \"1\") ALL 1:2")]
    [InlineData("UIDONLY", "1 UID FETCH 2 FLAGS", "* 2 UIDFETCH (FLAGS (\\Recent))")]
    public async Task What_answers_look_like_does_not_change(string feature, string command, string answer)
    {
        var session = await Session.SelectedAsync(2);
        session.Store.Add("\u00fc");
        await session.SayAsync($"0 ENABLE {feature}", $"* ENABLED {feature}", "0 OK");
        await session.HandOverAsync();
        await session.SayAsync(command, answer, "1 OK");
    }

    [Fact]
    public async Task A_search_that_is_kept_up_to_date_stays_so()
    {
        var session = await Session.SelectedAsync(4);
        await session.SayAsync("1 SEARCH RETURN (UPDATE) 2:3 NOT OR SEEN BEFORE 1-Jan-2020 TEXT text HEADER Subject \"\" NOT KEYWORD x", "* ESEARCH (TAG \"1\")", "1 OK");
        await session.SayAsync("2 SEARCH RETURN (UPDATE) (((UNSEEN)))", "* ESEARCH (TAG \"2\")", "2 OK");
        await session.HandOverAsync();
        await session.SayAsync("3 STORE 1:2 +FLAGS.SILENT (\\Seen)", "* ESEARCH (TAG \"1\") REMOVEFROM (0 2)", "* ESEARCH (TAG \"2\") REMOVEFROM (0 1:2)", "3 OK");
        await session.HandOverAsync();
        await session.SayAsync("4 STORE 1:2 -FLAGS.SILENT (\\Seen)", "* ESEARCH (TAG \"1\") ADDTO (0 2)", "* ESEARCH (TAG \"2\") ADDTO (0 1:2)", "4 OK");
        await session.SayAsync("5 IDLE", "+ ");
        session.Inbox.Remove(2);
        await session.ExpectAsync("* ESEARCH (TAG \"1\") REMOVEFROM (0 2)", "* ESEARCH (TAG \"2\") REMOVEFROM (0 2)", "* 2 EXPUNGE");
    }

    [Fact]
    public async Task A_sorted_search_that_is_kept_up_to_date_keeps_its_places()
    {
        var session = await Session.SelectedAsync(3);
        await session.SayAsync("1 UID SORT RETURN (UPDATE) (REVERSE SIZE) UTF-8 UNSEEN", "* ESEARCH (TAG \"1\") UID", "1 OK");
        await session.HandOverAsync();
        session.Inbox.Deliver("Subject: longer than the others\r\n\r\n");
        await session.SayAsync("2 NOOP", "* 4 EXISTS", "* 4 RECENT", "* ESEARCH (TAG \"1\") UID ADDTO (1 4)", "2 OK");
        await session.HandOverAsync();
        await session.SayAsync("3 STORE 3:4 +FLAGS.SILENT (\\Seen)", "* ESEARCH (TAG \"1\") UID REMOVEFROM (4 3 1 4)", "3 OK");
    }

    [Fact]
    public async Task A_search_as_deep_as_may_be_is_handed_over()
    {
        var session = await Session.SelectedAsync(1);
        await session.SayAsync("1 SEARCH RETURN (UPDATE)" + string.Concat(Enumerable.Repeat(" NOT", 48)) + " SEEN", "* ESEARCH (TAG \"1\")", "1 OK");
        await session.HandOverAsync();
        await session.SayAsync("2 STORE 1 +FLAGS.SILENT (\\Seen)", "* ESEARCH (TAG \"1\") ADDTO (0 1)", "2 OK");
    }

    [Fact]
    public async Task A_client_that_has_not_been_told_everything_is_told_the_rest_by_the_new_generation()
    {
        var session = await Session.SelectedAsync(3);
        await session.SayAsync("1 ENABLE QRESYNC", "* ENABLED QRESYNC", "* OK [HIGHESTMODSEQ 4]", "1 OK");
        session.Inbox.Remove(1);
        await session.SayAsync("2 STORE 3 +FLAGS.SILENT \\Seen", "* 3 FETCH (UID 3 MODSEQ (6))", "* OK [HIGHESTMODSEQ 4]", "2 OK");
        await session.HandOverAsync();
        await session.SayAsync("3 NOOP", "* VANISHED 1", "* OK [HIGHESTMODSEQ 6]", "3 OK");
        await session.SayAsync("4 NOOP", "4 OK");
    }

    [Fact]
    public async Task AUTHENTICATE_ends_on_the_code_that_began_it()
    {
        var session = await Session.StartAsync();
        await session.ExpectAsync("* OK ");
        await session.SayAsync("1 AUTHENTICATE LOGIN", "+ VXNlcm5hbWU6");
        session.Connection.Drain();
        await session.SayAsync("YWxpY2U=", "+ UGFzc3dvcmQ6");
        Assert.False(session.End.IsCompleted);
        await session.SayAsync("c2VDcmV0LTc=", "1 OK ");
        Assert.IsType<SessionEnd.HandOver>(await session.End.WaitAsync(TimeSpan.FromSeconds(10)));
    }

    [Fact]
    public async Task A_line_that_has_begun_is_read_to_its_end_by_the_new_generation()
    {
        var session = await Session.LoggedInAsync();
        await session.Connection.SendAsync("1 NO");
        await session.HandOverAsync();
        await session.SayAsync("OP", "1 OK NOOP done");
    }

    [Fact]
    public async Task Within_a_literal_the_old_generation_goes_on()
    {
        var session = await Session.LoggedInAsync();
        await session.SayAsync("1 APPEND INBOX {3}", "+ ");
        session.Connection.Drain();
        await session.Connection.SendAsync("x\r\n\r\n");
        await session.ExpectAsync("1 OK [APPENDUID ");
        Assert.IsType<SessionEnd.HandOver>(await session.End.WaitAsync(TimeSpan.FromSeconds(10)));
    }

    [Fact]
    public async Task What_is_pipelined_behind_a_swap_is_answered_once()
    {
        var session = await Session.LoggedInAsync();
        for (var i = 0; i < 20; i++)
        {
            await session.Connection.SendAsync($"a{i} NOOP\r\nb{i} NOOP\r\nc{i} NO");
            await session.HandOverAsync();
            await session.Connection.SendAsync("OP\r\n");
            await session.ExpectAsync($"a{i} OK", $"b{i} OK", $"c{i} OK");
        }
    }

    [Fact]
    public async Task When_the_server_stops_the_client_gets_BYE()
    {
        var session = await Session.SelectedAsync(1);
        session.Connection.Drain(closing: true);
        await session.ExpectAsync("* BYE ");
        Assert.Null(await session.Connection.ReadLineAsync());
        Assert.Equal(0, session.Store.OpenViews);
        Assert.Equal(0, session.Store.OpenAccounts);
    }

    [Fact]
    public async Task A_state_of_an_older_generation_that_knew_less_is_taken_up()
    {
        var handler = await Session.LoadAsync(Session.NewHost());
        SessionState state = new() { Format = "imap/1", Data = """{"Mode":0,"Tag":"","Begun":"","Errors":0,"LoginFailures":0,"Keywords":0}"""u8.ToArray() };
        Assert.True(handler.CanResume(state));
        var connection = Session.Encrypted();
        var end = handler.RunAsync(connection, state, CancellationToken.None).AsTask();
        await connection.SendAsync("a NOOP\r\n");
        Assert.Equal("a OK NOOP done", await connection.ReadLineAsync());
        connection.HangUp();
        Assert.IsType<SessionEnd.Closed>(await end.WaitAsync(TimeSpan.FromSeconds(10)));
    }

    [Theory]
    [InlineData("imap/2", "{}")]
    [InlineData("imap/1", "no JSON")]
    [InlineData("smtp/1", "{}")]
    public async Task A_state_that_cannot_be_read_is_refused(string format, string data)
    {
        var handler = await Session.LoadAsync(Session.NewHost());
        Assert.False(handler.CanResume(new() { Format = format, Data = System.Text.Encoding.UTF8.GetBytes(data) }));
        Assert.Equal("imap", handler.Protocol);
        Assert.NotNull(new ImapPlugin());
    }
}
