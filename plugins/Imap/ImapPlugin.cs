using MailServer;
using MailServer.Plugins.Imap;

[assembly: MailPlugin("imap", typeof(ImapPlugin))]

namespace MailServer.Plugins.Imap;

/// <summary>IMAP4rev1 (RFC 3501) and IMAP4rev2 (RFC 9051) as a plugin.</summary>
public sealed class ImapPlugin : IPlugin
{
    /// <inheritdoc/>
    public ValueTask ConfigureAsync(IPluginHost host, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(host);
        var options = ImapOptions.Read(host.Config);
        host.Config.RejectUnknownKeys();
        host.Add(new ImapHandler(new ImapServices
        {
            Options = options,
            Store = host.Store,
            Authenticator = host.Authenticator,
            Sasl = host.Sasl,
            Server = host.Server,
            Time = host.Time,
            Logger = host.Logging.CreateLogger("imap"),
        }));
        return default;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => default;
}
