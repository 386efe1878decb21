using System.IO.Pipelines;
using MailServer.TestKit;

namespace MailServer.Extensibility.Tests;

/// <summary>A listener's connection, in memory.</summary>
internal sealed class PipeConnection : SessionConnection
{
    private static int s_last;

    private readonly TestConnection _inner = new();

    public PipeConnection() => _inner.Info = _inner.Info with { Id = $"c{Interlocked.Increment(ref s_last)}" };

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

    /// <summary>Hangs up and waits for the end of the session.</summary>
    public async ValueTask DisposeAsync()
    {
        connection.HangUp();
        await Session;
    }
}
