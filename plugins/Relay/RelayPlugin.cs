using MailServer.Plugins.Relay;

[assembly: MailServer.MailPlugin("relay", typeof(RelayPlugin))]

namespace MailServer.Plugins.Relay;

/// <summary>Sends mail for other servers by SMTP.</summary>
public sealed class RelayPlugin : IPlugin
{
    private RelayTransport? _transport;

    /// <inheritdoc/>
    public ValueTask ConfigureAsync(IPluginHost host, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(host);
        var config = RelayConfig.Read(host.Config);
        host.Config.RejectUnknownKeys();
        // Nobody becomes a mail sender by a plugin that happens to lie in the folder.
        if (config.Routes.Count == 0)
            Log.NoRoute(host.Logging.CreateLogger("relay"));
        else
            host.Add(_transport = new(config, host));
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _transport?.DisposeAsync() ?? ValueTask.CompletedTask;
}
