namespace MailServer.Extensibility.Tests;

public sealed class GenerationTimeTests
{
    private readonly GenerationTime _time = new(TimeProvider.System);

    [Fact]
    public async Task A_timer_runs_until_it_fires_or_is_stopped_or_disposed()
    {
        var fired = new SemaphoreSlim(0);
        await using var once = _time.CreateTimer(_ => fired.Release(), null, TimeSpan.FromMilliseconds(1), Timeout.InfiniteTimeSpan);
        Assert.True(await fired.WaitAsync(TimeSpan.FromSeconds(10)));
        Assert.Equal(0, _time.Running);

        Assert.True(once.Change(TimeSpan.FromHours(1), Timeout.InfiniteTimeSpan));
        var limit = new CancellationTokenSource(TimeSpan.FromHours(1), _time);
        using var periodic = new PeriodicTimer(TimeSpan.FromHours(1), _time);
        Assert.Equal(3, _time.Running);
        once.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        limit.Dispose();
        Assert.Equal(1, _time.Running);
    }

    [Fact]
    public async Task At_the_end_of_the_generation_no_timer_runs_and_none_starts()
    {
        var fired = 0;
        var delay = Task.Delay(TimeSpan.FromHours(1), _time);
        await using var running = _time.CreateTimer(_ => Interlocked.Increment(ref fired), null, TimeSpan.FromHours(1), TimeSpan.FromHours(1));
        Assert.Equal(2, _time.Running);

        _time.End();

        Assert.Equal(0, _time.Running);
        Assert.False(running.Change(TimeSpan.Zero, Timeout.InfiniteTimeSpan));
        await using var late = _time.CreateTimer(_ => Interlocked.Increment(ref fired), null, TimeSpan.Zero, Timeout.InfiniteTimeSpan);
        await Task.Delay(50);
        Assert.Equal((0, 0, false), (fired, _time.Running, delay.IsCompleted));
    }

    [Fact]
    public async Task A_timer_that_is_set_anew_while_it_fires_is_still_known()
    {
        ITimer? timer = null;
        var fired = new SemaphoreSlim(0);
        timer = _time.CreateTimer(_ =>
        {
            timer!.Change(TimeSpan.FromHours(1), Timeout.InfiniteTimeSpan);
            fired.Release();
        }, null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        await using (timer)
        {
            timer.Change(TimeSpan.FromMilliseconds(1), Timeout.InfiniteTimeSpan);
            Assert.True(await fired.WaitAsync(TimeSpan.FromSeconds(10)));
            Assert.Equal(1, _time.Running);
        }

        Assert.Equal(0, _time.Running);
    }
}
