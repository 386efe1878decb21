using Microsoft.Extensions.Time.Testing;

namespace MailServer.Imap.Tests;

/// <summary>INPROGRESS (RFC 9585).</summary>
public sealed class ProgressTests
{
    [Fact]
    public async Task A_search_that_takes_long_says_so_every_fifteen_seconds()
    {
        var (session, time) = await WaitingAsync();
        await TickAsync(session, time);
        await TickAsync(session, time);
        session.Inbox.SearchGate!.SetResult();
        await session.ExpectAsync("* SEARCH 1 2", "a OK");
        await session.SayAsync("b NOOP", "b OK");
    }

    [Fact]
    public async Task A_client_that_goes_meanwhile_takes_its_folder_with_it_only_when_the_search_is_done()
    {
        var (session, time) = await WaitingAsync();
        session.Connection.HangUp();
        await TickAsync(session, time);
        Assert.Equal(1, session.Store.OpenViews);
        session.Inbox.SearchGate!.SetResult();
        await session.End.WaitAsync(TimeSpan.FromSeconds(10));
        Assert.Equal(0, session.Store.OpenViews);
    }

    private static async Task<(Session Session, FakeTimeProvider Time)> WaitingAsync()
    {
        var time = new FakeTimeProvider();
        var host = Session.NewHost();
        host.Time = time;
        var session = await Session.SelectedAsync(2, host);
        session.Inbox.SearchGate = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await session.Connection.SendAsync("a SEARCH TEXT text\r\n");
        return (session, time);
    }

    // The timer may not run yet when the clock moves: it moves until it has.
    private static async Task TickAsync(Session session, FakeTimeProvider time)
    {
        var line = session.Connection.ReadLineAsync();
        while (!line.IsCompleted)
        {
            time.Advance(TimeSpan.FromSeconds(5));
            await Task.WhenAny(line, Task.Delay(5));
        }

        Assert.Equal("* OK [INPROGRESS (\"a\" NIL NIL)] Still at work", await line);
    }
}
