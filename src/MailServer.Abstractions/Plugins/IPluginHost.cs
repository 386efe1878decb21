using Microsoft.Extensions.Logging;

namespace MailServer;

/// <summary>All that a plugin may touch. Valid for the life of one generation.</summary>
public interface IPluginHost
{
    /// <summary>The table <c>[plugins.ID]</c> of the configuration file.</summary>
    ConfigSection Config { get; }

    /// <summary>Makes loggers. Use string categories only: a logger made for a plugin's type would keep the plugin from unloading.</summary>
    ILoggerFactory Logging { get; }

    /// <summary>The clock. Never read the time elsewhere: tests replace it.</summary>
    TimeProvider Time { get; }

    /// <summary>A directory of the plugin's own, kept across generations. Made on first use of this property.</summary>
    string DataDirectory { get; }

    /// <summary>Name, domains and version of the server.</summary>
    ServerInfo Server { get; }

    /// <summary>Where new mail enters.</summary>
    IMailIngress Ingress { get; }

    /// <summary>Where stored mail is read and changed.</summary>
    IMailStore Store { get; }

    /// <summary>All authenticators, asked in configured order.</summary>
    IAuthenticator Authenticator { get; }

    /// <summary>SASL over all authenticators.</summary>
    ISasl Sasl { get; }

    /// <summary>All account directories, asked in configured order.</summary>
    IAccountDirectory Accounts { get; }

    /// <summary>Makes and checks password hashes.</summary>
    IPasswordHasher Passwords { get; }

    /// <summary>Serves connections of the listeners that name this protocol.</summary>
    void Add(IProtocolHandler handler);

    /// <summary>Joins the authenticators.</summary>
    void Add(IAuthenticator authenticator);

    /// <summary>Joins the account directories.</summary>
    void Add(IAccountDirectory directory);

    /// <summary>Joins the filters that see every incoming message.</summary>
    void Add(IMessageFilter filter);

    /// <summary>Joins the rules that choose where accepted mail goes.</summary>
    void Add(IDeliveryRule rule);

    /// <summary>Sends queued mail on to other servers. The first that is added, in load order, is used.</summary>
    void Add(IOutgoingTransport transport);

    /// <summary>Brings mail from accounts elsewhere.</summary>
    void Add(IMailFetcher fetcher);

    /// <summary>Joins those that learn what is junk.</summary>
    void Add(IJunkTrainer trainer);
}
