using MailServer.TestKit;

namespace MailServer.Pipeline.Tests;

/// <summary>A pipeline with a queue behind it, a clock that the test turns, and a transport that says what the test wants.</summary>
internal sealed class QueueRig : IAsyncDisposable
{
    private readonly TempDirectory _directory = new(inMemory: true);

    public QueueRig()
    {
        Road.Roles.Transports.Add(Transport);
        Road.Envelope = Road.Envelope with { User = FakeAccounts.UserOf("alice@example.org"), ReversePath = new("alice", "example.org") };
        Queue = New();
    }

    public Road Road { get; } = new();

    public FakeTransport Transport { get; } = new();

    public MailQueue Queue { get; private set; }

    public string Directory => Path.Combine(_directory.Path, "queue");

    public QueueOptions Options { get; set; } = null!;

    /// <summary>Notices that have come into folders here.</summary>
    public IReadOnlyList<string> Notices => [.. Road.Store.All.Where(mail => mail.Text.Contains("multipart/report", StringComparison.Ordinal)).Select(mail => mail.Text)];

    public MailQueue New(Func<QueueOptions, QueueOptions>? change = null)
    {
        Options = new() { Directory = Directory, Hostname = "mx.example.org" };
        if (change is not null)
            Options = change(Options);
        return new(Options, Road.Roles, Road.Time, Road.Log);
    }

    /// <summary>Begins anew, as after a stop or a death: what is in memory is forgotten.</summary>
    public async Task RestartAsync(Func<QueueOptions, QueueOptions>? change = null)
    {
        await Queue.DisposeAsync();
        Queue = New(change);
        Road.UseQueue(Queue);
        Start();
        await Queue.Loaded;
    }

    public QueueRig Start()
    {
        Road.UseQueue(Queue);
        Queue.Start();
        return this;
    }

    public Task<Problem?> SendAsync(params string[] recipients) => Road.SendAsync(Road.Hello, recipients);

    /// <summary>Turns the clock on until something is so, a step at a time, as a queue's timers need it.</summary>
    public async Task AdvanceAsync(TimeSpan time, TimeSpan? step = null)
    {
        var left = time;
        while (left > TimeSpan.Zero)
        {
            var now = step is { } given && given < left ? given : left;
            Road.Time.Advance(now);
            left -= now;
            await QuietAsync();
        }
    }

    /// <summary>Waits until nothing is being tried.</summary>
    public Task QuietAsync() => UntilAsync(() => Queue.Status().Running == 0, "the tries do not end");

    public static async Task UntilAsync(Func<bool> isSo, string otherwise)
    {
        for (var i = 0; i < 6000; i++)
        {
            if (isSo())
                return;
            await Task.Delay(5);
        }

        Assert.Fail(otherwise);
    }

    public QueuedMail Mail() => Queue.Folder.Read(Assert.Single(Queue.Folder.List()))!;

    public async ValueTask DisposeAsync()
    {
        await Queue.DisposeAsync();
        _directory.Dispose();
    }
}
