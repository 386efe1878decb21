using System.Text;

namespace MailServer.Pipeline.Tests;

/// <summary>Sizes, hops, and disks that fail.</summary>
public sealed class LimitTests
{
    [Theory]
    [InlineData(0, null)]
    [InlineData(1, "5.3.4 Message too big")]
    [InlineData(100_000, "5.3.4 Message too big")]
    public async Task A_message_over_the_limit_is_swallowed_and_refused(int over, string? expected)
    {
        var road = new Road();
        road.Options = road.Options with { MaxMessageSize = 10_000 };
        await using var mail = await road.Pipeline.BeginAsync(road.Envelope, default);
        await mail.AddRecipientAsync(FakeAccounts.AddressOf("alice@example.org"), default);
        var text = Encoding.ASCII.GetBytes(Road.Hello);
        await mail.Body.WriteAsync(text);
        for (var left = 10_000 - text.Length + over; left > 0;)
        {
            var piece = mail.Body.GetMemory(1);
            var count = Math.Min(left, Math.Min(piece.Length, 777));
            piece.Span[..count].Fill((byte)'x');
            mail.Body.Advance(count);
            Assert.False((await mail.Body.FlushAsync()).IsCompleted);
            left -= count;
        }

        var problem = await mail.CommitAsync(default);
        Assert.Equal(expected, problem is null ? null : $"{problem.Status} {problem.Text}");
        Assert.Equal(expected is null ? 1 : 0, road.Store.All.Count);
        Assert.InRange(road.Store.Spools[0].Size, 0, 10_000);
    }

    [Fact]
    public async Task An_announced_size_over_the_limit_is_refused_at_once()
    {
        var road = new Road();
        road.Envelope = road.Envelope with { AnnouncedSize = road.Options.MaxMessageSize + 1 };
        await using var mail = await road.Pipeline.BeginAsync(road.Envelope, default);
        Assert.Equal(new StatusCode(5, 3, 4), mail.SenderProblem?.Status);
    }

    [Theory]
    [InlineData(50, null)]
    [InlineData(51, "5.4.6 Too many hops, the message goes in circles")]
    public async Task A_message_that_goes_in_circles_is_refused(int hops, string? expected)
    {
        var road = new Road();
        var received = string.Concat(Enumerable.Range(0, hops).Select(i => $"rEceived: from a{i}\r\n\tby b; now\r\n"));
        var problem = await road.SendAsync(received + Road.Hello + "Received: in the body\r\n", "alice@example.org");
        Assert.Equal(expected, problem is null ? null : $"{problem.Status} {problem.Text}");
    }

    [Fact]
    public async Task Without_recipients_there_is_nothing_to_commit()
    {
        var road = new Road();
        Assert.Equal(new StatusCode(5, 5, 1), (await road.SendAsync(Road.Hello))?.Status);
    }

    [Fact]
    public async Task A_spool_that_cannot_be_opened_swallows_and_says_later()
    {
        var road = new Road();
        road.Store.SpoolFault = () => new IOException("No space left on device : '/var/secret'");
        Assert.Equal(Problem.Unavailable, await road.SendAsync(Road.Hello, "alice@example.org"));
        Assert.Contains(road.Log.Lines, line => line.StartsWith("512", StringComparison.Ordinal) && line.Contains("No space left", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_spool_that_cannot_be_read_or_sealed_says_later_and_leaves_nothing()
    {
        var road = new Road();
        road.Store.SealFault = Problem.StorageFull;
        Assert.Equal(Problem.StorageFull, await road.SendAsync(Road.Hello, "alice@example.org"));
        road.Store.SealFault = null;
        road.Store.ReadFault = new IOException("I/O error");
        Assert.Equal(Problem.Unavailable, await road.SendAsync(Road.Hello, "alice@example.org"));
        Assert.Empty(road.Store.All);
        Assert.Empty(road.Reports);
        Assert.All(road.Store.Spools, spool => Assert.True(spool.IsDisposed));
    }

    [Fact]
    public async Task A_message_is_committed_once()
    {
        var road = new Road();
        await using var mail = await road.Pipeline.BeginAsync(road.Envelope, default);
        await mail.AddRecipientAsync(FakeAccounts.AddressOf("alice@example.org"), default);
        Assert.Null(await mail.CommitAsync(default));
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await mail.CommitAsync(default));
        Assert.Single(road.Store.All);
    }

    [Fact]
    public async Task A_dropped_message_leaves_nothing()
    {
        var road = new Road();
        await using (var mail = await road.Pipeline.BeginAsync(road.Envelope, default))
        {
            await mail.AddRecipientAsync(FakeAccounts.AddressOf("alice@example.org"), default);
            await mail.Body.WriteAsync(Encoding.ASCII.GetBytes(Road.Hello));
        }

        Assert.Empty(road.Store.All);
        Assert.True(Assert.Single(road.Store.Spools).IsDisposed);
    }

    [Fact]
    public async Task A_message_without_a_body_asked_for_opens_no_file()
    {
        var road = new Road();
        await using var mail = await road.Pipeline.BeginAsync(road.Envelope, default);
        await mail.AddRecipientAsync(FakeAccounts.AddressOf("nobody@example.org"), default);
        Assert.Empty(road.Store.Spools);
    }
}
