using MailServer.Plugins.Fetch;

[assembly: MailServer.MailPlugin("fetch", typeof(FetchPlugin))]

namespace MailServer.Plugins.Fetch;

/// <summary>Brings mail from accounts at other servers, by IMAP and POP3.</summary>
public sealed class FetchPlugin : IPlugin
{
    /// <inheritdoc/>
    public ValueTask ConfigureAsync(IPluginHost host, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(host);
        foreach (var account in FetchAccount.ReadAll(host.Config))
            host.Add(new Fetcher(account, host));
        host.Config.RejectUnknownKeys();
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
