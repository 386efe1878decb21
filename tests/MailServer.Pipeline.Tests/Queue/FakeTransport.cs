using System.Text;

namespace MailServer.Pipeline.Tests;

/// <summary>A transport that answers what a test says, and keeps what it was given.</summary>
internal sealed class FakeTransport : IOutgoingTransport
{
    private readonly Lock _lock = new();
    private int _running;

    public string Name => "fake";

    public Func<EmailAddress, SendResult> Answer { get; set; } = _ => SendResult.Sent;

    /// <summary>Waited for before each answer.</summary>
    public Func<Task> Gate { get; set; } = () => Task.CompletedTask;

    public Func<string, string> Route { get; set; } = domain => domain;

    public List<(string Id, string To, string Text)> Tries { get; } = [];

    /// <summary>The same with the sender and the size that was said.</summary>
    public List<(string From, string To, string Text, long Size)> Sent { get; } = [];

    public int Count
    {
        get
        {
            lock (_lock)
                return Tries.Count;
        }
    }

    public int Running => Volatile.Read(ref _running);

    public int Most { get; private set; }

    public string DestinationOf(string domain) => Route(domain);

    public async ValueTask<IReadOnlyList<SendResult>> SendAsync(IOutgoingMessage message, IReadOnlyList<EmailAddress> recipients, CancellationToken cancellationToken)
    {
        using var text = new StreamReader(message.OpenRead(), Encoding.Latin1);
        var octets = await text.ReadToEndAsync(cancellationToken);
        Assert.Equal(message.Size, octets.Length);
        lock (_lock)
        {
            foreach (var recipient in recipients)
            {
                Tries.Add((message.Id, recipient.ToString(), octets));
                Sent.Add((message.ReversePath?.ToString() ?? "", recipient.ToString(), octets, message.Size));
            }

            Most = Math.Max(Most, Interlocked.Increment(ref _running));
        }

        await Gate().WaitAsync(cancellationToken);
        Interlocked.Decrement(ref _running);
        return [.. recipients.Select(Answer)];
    }

    public static SendResult Later(string text = "try again", bool isUnreachable = false) => new()
    {
        Problem = new(new(4, 2, 1), text), Server = isUnreachable ? null : "mx.elsewhere.example", Reply = isUnreachable ? null : $"450 4.2.1 {text}", IsUnreachable = isUnreachable,
    };

    public static SendResult Never(string text = "No such user") => new()
    {
        Problem = new(new(5, 1, 1), text), Server = "mx.elsewhere.example", Reply = $"550 5.1.1 {text}",
    };
}
