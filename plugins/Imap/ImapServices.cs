using Microsoft.Extensions.Logging;

namespace MailServer.Plugins.Imap;

/// <summary>What sessions need of the host.</summary>
internal sealed record ImapServices
{
    public required ImapOptions Options { get; init; }

    public required IMailStore Store { get; init; }

    public required IAuthenticator Authenticator { get; init; }

    public required ISasl Sasl { get; init; }

    public required ServerInfo Server { get; init; }

    public required TimeProvider Time { get; init; }

    public required ILogger Logger { get; init; }
}
