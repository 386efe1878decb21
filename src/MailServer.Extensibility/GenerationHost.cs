using Microsoft.Extensions.Logging;

namespace MailServer.Extensibility;

/// <summary>What one generation sees of the server. It holds the plugin's roles, so nothing of the server's may hold it.</summary>
internal sealed class GenerationHost(
    string id, ConfigSection config, IPluginServices services, IAuthenticator authenticator, ISasl sasl, IAccountDirectory accounts, Generation.Content content) : IPluginHost
{
    public ConfigSection Config => config;

    public ILoggerFactory Logging { get; } = new LoggerView(services.Logging);

    public TimeProvider Time => content.Time;

    public string DataDirectory => Directory.CreateDirectory(services.DataDirectoryOf(id)).FullName;

    public ServerInfo Server => services.Server;

    public IMailIngress Ingress => services.Ingress;

    public IMailStore Store => services.Store;

    public IAuthenticator Authenticator => authenticator;

    public ISasl Sasl => sasl;

    public IAccountDirectory Accounts => accounts;

    public IPasswordHasher Passwords => services.Passwords;

    public void Add(IProtocolHandler handler) => content.Roles.Add(handler);

    public void Add(IAuthenticator authenticator) => content.Roles.Add(authenticator);

    public void Add(IAccountDirectory directory) => content.Roles.Add(directory);

    public void Add(IMessageFilter filter) => content.Roles.Add(filter);

    public void Add(IDeliveryRule rule) => content.Roles.Add(rule);

    public void Add(IOutgoingTransport transport) => content.Roles.Add(transport);

    public void Add(IMailFetcher fetcher) => content.Roles.Add(fetcher);

    public void Add(IJunkTrainer trainer) => content.Roles.Add(trainer);

    /// <summary>The server's factory without what would change the server: a provider of a plugin's would never unload.</summary>
    private sealed class LoggerView(ILoggerFactory logging) : ILoggerFactory
    {
        public ILogger CreateLogger(string categoryName) => logging.CreateLogger(categoryName);

        public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException("a plugin cannot add log providers");

        public void Dispose()
        {
        }
    }
}
