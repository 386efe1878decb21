// A plugin that goes wrong in the way its configuration names.
using MailServer;

[assembly: MailPlugin("misfit", typeof(Fixtures.MisfitPlugin))]

namespace Fixtures;

public sealed class MisfitPlugin : IPlugin
{
    // Keeps its context alive: the runtime's timer queue holds the timer, the timer holds code of this assembly.
    private static Timer? s_timer;

    private IPluginHost? _host;

    public async ValueTask ConfigureAsync(IPluginHost host, CancellationToken cancellationToken)
    {
        _host = host;
        switch (host.Config.GetString("way", "FALLBACK-WAY"))
        {
            case "none":
                break;
            case "throw":
                throw new OwnException();
            case "evil":
                throw new EvilException();
            case "refuse":
                throw host.Config.Invalid("way", "I do not like it");
            case "hang":
                await Task.Delay(Timeout.InfiniteTimeSpan, host.Time, cancellationToken);
                break;
            case "static timer":
                s_timer = new Timer(static _ => { }, null, TimeSpan.FromHours(1), TimeSpan.FromHours(1));
                break;
            case "host timer":
                // The generation's clock ends it.
                host.Time.CreateTimer(static _ => { }, null, TimeSpan.FromHours(1), TimeSpan.FromHours(1));
                break;
            case "host delay":
                _ = Task.Delay(TimeSpan.FromHours(1), host.Time, CancellationToken.None);
                break;
            case "token":
                cancellationToken.Register(static () => { });
                break;
            case "twice":
                host.Add(new NullHandler("echo"));
                host.Add(new NullHandler("echo"));
                break;
            case "echo":
                host.Add(new NullHandler("echo"));
                break;
            case "late":
                _ = AddLateAsync(host);
                break;
            case "dispose throws" or "dispose hangs":
                break;
        }
    }

    public async ValueTask DisposeAsync()
    {
        var way = _host?.Config.GetString("way", "FALLBACK-WAY");
        if (way == "dispose throws")
            throw new OwnException();
        if (way == "dispose hangs")
            await new TaskCompletionSource().Task;
    }

    private static async Task AddLateAsync(IPluginHost host)
    {
        await Task.Delay(TimeSpan.FromMilliseconds(50), host.Time);
        try
        {
            host.Add(new NullHandler("late"));
        }
        catch (InvalidOperationException)
        {
            // As it should be.
        }
    }

    private sealed class OwnException() : Exception("I always fail\nand say so in two lines");

    private sealed class EvilException : Exception
    {
        public override string Message => throw new OwnException();
    }

    private sealed class NullHandler(string protocol) : IProtocolHandler
    {
        public string Protocol => protocol;

        public bool CanResume(SessionState state) => false;

        public ValueTask<SessionEnd> RunAsync(IMailConnection connection, SessionState? resumed, CancellationToken cancellationToken) =>
            new(SessionEnd.Closed.Instance);
    }
}
