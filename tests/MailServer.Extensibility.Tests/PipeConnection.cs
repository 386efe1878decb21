using System.IO.Pipelines;
using MailServer.TestKit;

namespace MailServer.Extensibility.Tests;

/// <summary>A listener's connection, in memory.</summary>
internal sealed class PipeConnection : SessionConnection
{
    private static int s_last;

    private readonly TestConnection _inner = new();

    public PipeConnection() => _inner.Info = _inner.Info with { Id = $"c{Interlocked.Increment(ref s_last)}", AllowsPlaintextAuth = true };

    public override ConnectionInfo Info => _inner.Info;

    public override IDuplexPipe Transport => _inner.Transport;

    public bool IsAborted => _inner.IsAborted;

    public override ValueTask<TlsInfo> StartTlsAsync(CancellationToken cancellationToken) => _inner.StartTlsAsync(cancellationToken);

    public override void Wake() => _inner.Wake();

    public override void Abort() => _inner.Abort();

    public Task SendAsync(string text) => _inner.SendAsync(text);

    public Task<string?> ReadLineAsync() => _inner.ReadLineAsync();

    public async Task<string?> AskAsync(string line)
    {
        await SendAsync(line + "\r\n");
        return await ReadLineAsync();
    }

    public void HangUp() => _inner.HangUp();
}

/// <summary>A client in a session that the manager runs.</summary>
internal sealed class Client(PipeConnection connection, Task session) : IAsyncDisposable
{
    public PipeConnection Connection => connection;

    /// <summary>Ends when the manager has let go of the session.</summary>
    public Task Session => session.WaitAsync(TimeSpan.FromSeconds(10));

    public Task SendAsync(string line) => connection.SendAsync(line + "\r\n");

    public Task<string?> ReadLineAsync() => connection.ReadLineAsync();

    public Task<string?> AskAsync(string line) => connection.AskAsync(line);

    /// <summary>Sends a line, and reads until one that begins so. Returns all.</summary>
    public async Task<string> AskAsync(string line, string last)
    {
        await SendAsync(line);
        return await ReadToAsync(last);
    }

    /// <summary>Reads until a line that begins so. Returns all.</summary>
    public async Task<string> ReadToAsync(string last)
    {
        for (var all = ""; ;)
        {
            var reply = await ReadLineAsync() ?? throw new IOException($"the session is over; before: {all}");
            all += reply + "\n";
            if (reply.StartsWith(last, StringComparison.Ordinal))
                return all;
        }
    }

    /// <summary>Hangs up and waits for the end of the session.</summary>
    public async ValueTask DisposeAsync()
    {
        connection.HangUp();
        await Session;
    }
}
