namespace MailServer.Imap.Tests;

/// <summary>What other sessions and programs do is told when the protocol allows it, and no sooner.</summary>
public sealed class ChangesTests
{
    [Theory]
    [InlineData("FETCH 3 UID", "* 3 FETCH (UID 3)")]
    [InlineData("STORE 3 +FLAGS.SILENT \\Seen", null)]
    [InlineData("SEARCH 3", "* SEARCH 3")]
    public async Task No_EXPUNGE_is_sent_while_sequence_numbers_are_in_use(string command, string? answer)
    {
        var session = await Session.SelectedAsync(3);
        session.Inbox.Remove(1);
        session.Inbox.Deliver("new\r\n");
        session.Inbox.SetFlags(2, SystemFlags.Flagged);
        string[] answers = [.. answer is null ? [] : new[] { answer }, "* 4 EXISTS", "* 4 RECENT", "* 2 FETCH (UID 2 FLAGS (\\Flagged \\Recent))", "a OK"];
        await session.SayAsync("a " + command, answers);
        await session.SayAsync("b NOOP", "* 1 EXPUNGE", "b OK NOOP done");
    }

    [Theory]
    [InlineData("UID FETCH 3 UID", "* 3 FETCH (UID 3)")]
    [InlineData("UID STORE 3 +FLAGS.SILENT \\Seen", null)]
    [InlineData("UID SEARCH UID 3", "* SEARCH 3")]
    [InlineData("CHECK", null)]
    public async Task Commands_with_UIDs_tell_expunges(string command, string? answer)
    {
        var session = await Session.SelectedAsync(3);
        session.Inbox.Remove(1);
        string[] answers = [.. answer is null ? [] : new[] { answer }, "* 1 EXPUNGE", "a OK"];
        await session.SayAsync("a " + command, answers);
    }

    /// <summary>A client that goes before the EXPUNGE must not take a later MODSEQ for all it has to know (RFC 7162 §6).</summary>
    [Fact]
    public async Task While_an_EXPUNGE_waits_HIGHESTMODSEQ_stays_below_it()
    {
        var session = await Session.SelectedAsync(3);
        await session.SayAsync("a ENABLE QRESYNC", "* ENABLED QRESYNC", "* OK [HIGHESTMODSEQ 4]", "a OK");
        session.Inbox.Remove(1);
        session.Inbox.SetFlags(2, SystemFlags.Flagged);
        await session.SayAsync("b FETCH 3 UID", "* 3 FETCH (UID 3)", "* 2 FETCH (UID 2 FLAGS (\\Flagged \\Recent) MODSEQ (6))", "* OK [HIGHESTMODSEQ 4] More", "b OK");
        await session.SayAsync("c UID SEARCH 3", "* SEARCH 3", "* OK [HIGHESTMODSEQ 4] More", "c OK");
        await session.SayAsync("d UID SEARCH UID 3", "* SEARCH 3", "* VANISHED 1", "* OK [HIGHESTMODSEQ 6] That", "d OK");
        await session.SayAsync("e NOOP", "e OK");
    }

    [Fact]
    public async Task IDLE_tells_VANISHED_and_MODSEQ_to_who_knows_them()
    {
        var session = await Session.SelectedAsync(3);
        await session.SayAsync("a ENABLE QRESYNC", "* ENABLED QRESYNC", "* OK [HIGHESTMODSEQ 4]", "a OK");
        await session.SayAsync("b IDLE", "+ ");
        session.Inbox.Remove(2);
        await session.ExpectAsync("* VANISHED 2");
        session.Inbox.SetFlags(3, SystemFlags.Seen);
        await session.ExpectAsync("* 2 FETCH (UID 3 FLAGS (\\Seen \\Recent) MODSEQ (6))");
        await session.SayAsync("DONE", "b OK");
    }

    [Fact]
    public async Task A_FETCH_of_a_message_that_is_gone_answers_the_others()
    {
        var session = await Session.SelectedAsync(3);
        session.Inbox.Remove(2);
        await session.SayAsync("a FETCH 1:3 BODY.PEEK[]<0.1>", "* 1 FETCH (BODY[]<0> {1}", "S)", "* 3 FETCH (BODY[]<0> {1}", "S)", "a NO [EXPUNGEISSUED]");
        await session.SayAsync("b FETCH 1:3 (ENVELOPE)", "* 1 FETCH", "* 3 FETCH", "b NO [EXPUNGEISSUED]");
        await session.SayAsync("c NOOP", "* 2 EXPUNGE", "c OK");
    }

    [Fact]
    public async Task A_message_that_cannot_be_read_does_not_hide_the_others()
    {
        var session = await Session.SelectedAsync(2);
        session.Inbox.Messages[0].Broken = Problem.Unavailable;
        await session.SayAsync("a FETCH 1:2 BODY.PEEK[]<0.1>", "* 2 FETCH (BODY[]<0> {1}", "S)", "a NO [UNAVAILABLE]");
    }

    [Fact]
    public async Task A_STORE_on_a_message_that_is_gone_says_so_and_answers_the_others()
    {
        var session = await Session.SelectedAsync(3);
        session.Inbox.Remove(2);
        await session.SayAsync("a STORE 1:3 +FLAGS \\Seen",
            "* 1 FETCH (UID 1 FLAGS (\\Seen \\Recent))", "* 3 FETCH (UID 3 FLAGS (\\Seen \\Recent))", "a NO [EXPUNGEISSUED]");
    }

    [Fact]
    public async Task Silent_hides_our_own_change_and_not_that_of_others()
    {
        var session = await Session.SelectedAsync(2);
        session.Inbox.SetFlags(2, SystemFlags.Answered);
        await session.SayAsync("a STORE 1 +FLAGS.SILENT \\Seen", "* 2 FETCH (UID 2 FLAGS (\\Answered \\Recent))", "a OK");
    }

    [Fact]
    public async Task IDLE_tells_at_once_what_happens()
    {
        var session = await Session.SelectedAsync(2);
        await session.SayAsync("a IDLE", "+ ");
        session.Inbox.Deliver("new\r\n");
        await session.ExpectAsync("* 3 EXISTS", "* 3 RECENT");
        session.Inbox.Remove(1);
        await session.ExpectAsync("* 1 EXPUNGE");
        session.Inbox.SetFlags(2, SystemFlags.Seen);
        await session.ExpectAsync("* 1 FETCH (UID 2 FLAGS (\\Seen \\Recent))");
        await session.SayAsync("DONE", "a OK IDLE");
        session.Inbox.Deliver("more\r\n");
        await session.SayAsync("b NOOP", "* 3 EXISTS", "* 3 RECENT", "b OK");
    }

    [Fact]
    public async Task What_came_before_IDLE_is_told_when_it_begins()
    {
        var session = await Session.SelectedAsync(1);
        session.Inbox.Deliver("new\r\n");
        await session.SayAsync("a IDLE", "+ ", "* 2 EXISTS", "* 2 RECENT");
    }

    [Fact]
    public async Task A_new_keyword_of_somebody_else_is_told_before_the_flags()
    {
        var session = await Session.SelectedAsync(1);
        session.Inbox.SetFlags(1, new MessageFlags { Keywords = ["$Junk"] });
        await session.SayAsync("a NOOP", "* FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft $Junk)", "* OK [PERMANENTFLAGS ",
            "* 1 FETCH (UID 1 FLAGS (\\Recent $Junk))", "a OK");
    }

    [Fact]
    public async Task Two_sessions_each_have_their_own_numbers()
    {
        var host = Session.NewHost();
        var one = await Session.SelectedAsync(3, host);
        var two = await Session.SelectedAsync(0, host);
        await one.SayAsync("a STORE 1 +FLAGS.SILENT \\Deleted", "a OK");
        await one.SayAsync("b EXPUNGE", "* 1 EXPUNGE", "b OK");
        await two.SayAsync("a FETCH 3 UID", "* 3 FETCH (UID 3)", "a OK");
        await one.SayAsync("c FETCH 2 UID", "* 2 FETCH (UID 3)", "c OK");
        await two.SayAsync("b NOOP", "* 1 EXPUNGE", "b OK");
    }

    [Fact]
    public async Task Pipelined_STORE_and_EXPUNGE_are_answered_in_order()
    {
        var session = await Session.SelectedAsync(3);
        await session.SayAsync("a STORE 2 +FLAGS.SILENT \\Deleted\r\nb EXPUNGE\r\nc FETCH 2 UID", "a OK", "* 2 EXPUNGE", "b OK", "* 2 FETCH (UID 3)", "c OK");
    }

    [Fact]
    public async Task When_the_selected_folder_goes_the_session_ends()
    {
        var session = await Session.SelectedAsync(1);
        session.Store.Folders.Remove("INBOX");
        await session.SayAsync("a NOOP", "a OK", "* BYE The selected mailbox is gone");
        Assert.IsType<SessionEnd.Closed>(await session.End.WaitAsync(TimeSpan.FromSeconds(10)));
    }

    [Fact]
    public async Task A_client_that_hangs_up_within_a_literal_leaves_no_message()
    {
        var session = await Session.LoggedInAsync();
        await session.SayAsync("a APPEND INBOX {10}", "+ ");
        await session.Connection.SendAsync("12345");
        session.Connection.HangUp();
        Assert.IsType<SessionEnd.Closed>(await session.End.WaitAsync(TimeSpan.FromSeconds(10)));
        Assert.Empty(session.Inbox.Messages);
        Assert.Equal(0, session.Store.OpenAccounts);
    }

    [Fact]
    public async Task A_client_that_hangs_up_before_the_end_of_APPEND_leaves_no_message()
    {
        var session = await Session.LoggedInAsync();
        await session.SayAsync("a APPEND INBOX {5}", "+ ");
        await session.Connection.SendAsync("12345");
        session.Connection.HangUp();
        Assert.IsType<SessionEnd.Closed>(await session.End.WaitAsync(TimeSpan.FromSeconds(10)));
        Assert.Empty(session.Inbox.Messages);
    }
}
