using Microsoft.Extensions.Logging;

namespace MailServer.Extensibility;

/// <summary>What the server gives its plugins; the manager makes each generation's <see cref="IPluginHost"/> of it.</summary>
public interface IPluginServices
{
    /// <summary>The table <c>[plugins.ID]</c> as it is now; asked anew for each generation. An empty section when the table is absent.</summary>
    /// <exception cref="ConfigException">The file cannot be read; the generation stays out.</exception>
    ConfigSection ConfigOf(string pluginId);

    /// <summary>The plugin's own directory. The manager makes it when the plugin first asks for it.</summary>
    string DataDirectoryOf(string pluginId);

    /// <summary>Makes loggers. Its providers must format what they are given at once: state objects may be of a plugin's types.</summary>
    ILoggerFactory Logging { get; }

    /// <summary>The clock.</summary>
    TimeProvider Time { get; }

    /// <summary>Name, domains and version of the server.</summary>
    ServerInfo Server { get; }

    /// <summary>Where new mail enters.</summary>
    IMailIngress Ingress { get; }

    /// <summary>Stored mail.</summary>
    IMailStore Store { get; }

    /// <summary>Makes and checks password hashes.</summary>
    IPasswordHasher Passwords { get; }

    /// <summary>SASL over the authenticators of the plugins, which the manager knows.</summary>
    ISasl SaslOver(IAuthenticator authenticator);
}
