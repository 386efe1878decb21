namespace MailServer.Interop.Tests;

/// <summary>One server for the tests of a class; started only when the tests run.</summary>
public sealed class RunningServer : IAsyncLifetime
{
    private ServerProcess? _server;

    internal ServerProcess Server => _server!;

    public async ValueTask InitializeAsync()
    {
        if (Environment.GetEnvironmentVariable("MAILSERVER_INTEROP") == "1")
            _server = await ServerProcess.StartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
            await _server.DisposeAsync();
    }
}
