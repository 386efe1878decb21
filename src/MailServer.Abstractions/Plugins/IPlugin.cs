namespace MailServer;

/// <summary>One loaded generation of a plugin. Disposed after its last connection and message have drained.</summary>
public interface IPlugin : IAsyncDisposable
{
    /// <summary>
    /// Reads the configuration and adds what the plugin provides. Nothing is live until this returns;
    /// if it throws, the previous generation stays in service.
    /// </summary>
    /// <param name="host">All that the plugin may touch.</param>
    /// <param name="cancellationToken">Fires when loading is given up.</param>
    ValueTask ConfigureAsync(IPluginHost host, CancellationToken cancellationToken);
}
