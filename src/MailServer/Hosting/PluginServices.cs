using MailServer.Accounts.Sasl;
using MailServer.Extensibility;
using MailServer.Server.Configuration;
using Microsoft.Extensions.Logging;

namespace MailServer.Server.Hosting;

/// <summary>What the server gives its plugins.</summary>
internal sealed class PluginServices(ServerConfig config, ServerInfo server, IMailStore store, IMailIngress ingress, IPasswordHasher passwords, byte[] saslSecret, TimeProvider time, ILoggerFactory logging) : IPluginServices
{
    // A change of it takes effect at the next start.
    private readonly string _dataDirectory = config.DataDirectory;
    private volatile ServerConfig _config = config;

    /// <summary>The configuration that the next generation of a plugin gets.</summary>
    public ServerConfig Config
    {
        get => _config;
        set => _config = value;
    }

    public ILoggerFactory Logging => logging;

    public TimeProvider Time => time;

    public ServerInfo Server => server;

    public IMailIngress Ingress => ingress;

    public IMailStore Store => store;

    public IPasswordHasher Passwords => passwords;

    public ISasl SaslOver(IAuthenticator authenticator) => new SaslMechanisms(authenticator, saslSecret);

    public ConfigSection ConfigOf(string pluginId) => _config.SectionOf(pluginId);

    public string DataDirectoryOf(string pluginId) => Path.Combine(_dataDirectory, "plugins", pluginId);
}
