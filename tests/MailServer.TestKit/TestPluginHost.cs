using MailServer.Accounts.Sasl;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace MailServer.TestKit;

/// <summary>What a plugin gets from the host, with everything replaceable.</summary>
public sealed class TestPluginHost : IPluginHost
{
    public ConfigSection Config { get; set; } = new TestConfig();

    public ILoggerFactory Logging { get; set; } = NullLoggerFactory.Instance;

    public TimeProvider Time { get; set; } = TimeProvider.System;

    public string DataDirectory { get; set; } = Path.GetTempPath();

    public ServerInfo Server { get; set; } = new() { Hostname = "mx.example.org", Domains = ["example.org"], Version = "0.0.1" };

    public IMailIngress Ingress { get; set; } = null!;

    public IMailStore Store { get; set; } = null!;

    public IAuthenticator Authenticator { get; set; } = null!;

    public ISasl Sasl => new SaslMechanisms(Authenticator, "a secret of the tests"u8.ToArray());

    public IAccountDirectory Accounts { get; set; } = null!;

    public IPasswordHasher Passwords { get; set; } = null!;

    public List<IProtocolHandler> Handlers { get; } = [];

    public List<IAuthenticator> Authenticators { get; } = [];

    public List<IAccountDirectory> Directories { get; } = [];

    public List<IMessageFilter> Filters { get; } = [];

    public List<IDeliveryRule> Rules { get; } = [];

    public List<IOutgoingTransport> Transports { get; } = [];

    public List<IJunkTrainer> Trainers { get; } = [];

    public void Add(IProtocolHandler handler) => Handlers.Add(handler);

    public void Add(IAuthenticator authenticator) => Authenticators.Add(authenticator);

    public void Add(IAccountDirectory directory) => Directories.Add(directory);

    public void Add(IMessageFilter filter) => Filters.Add(filter);

    public void Add(IDeliveryRule rule) => Rules.Add(rule);

    public void Add(IOutgoingTransport transport) => Transports.Add(transport);

    public List<IMailFetcher> Fetchers { get; } = [];

    public void Add(IMailFetcher fetcher) => Fetchers.Add(fetcher);

    public void Add(IJunkTrainer trainer) => Trainers.Add(trainer);
}
