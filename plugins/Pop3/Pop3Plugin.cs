using MailServer;
using MailServer.Plugins.Pop3;

[assembly: MailPlugin("pop3", typeof(Pop3Plugin))]

namespace MailServer.Plugins.Pop3;

/// <summary>POP3: RFC 1939 with the extensions of RFC 2449, 2595, 3206, 5034 and 6856.</summary>
public sealed class Pop3Plugin : IPlugin
{
    /// <inheritdoc/>
    public ValueTask ConfigureAsync(IPluginHost host, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(host);
        var options = Pop3Options.Read(host.Config);
        host.Add(new Pop3Handler(new()
        {
            Options = options,
            Server = host.Server,
            Authenticator = host.Authenticator,
            Sasl = host.Sasl,
            Store = host.Store,
            LoginDelay = new(options.LoginDelay, host.Time),
            Time = host.Time,
            Logger = host.Logging.CreateLogger("pop3"),
        }));
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
