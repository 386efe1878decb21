using Microsoft.Extensions.Logging;

namespace MailServer.Plugins.Pop3;

/// <summary>What every session of a generation uses.</summary>
internal sealed record Pop3Services
{
    public required Pop3Options Options { get; init; }

    public required ServerInfo Server { get; init; }

    public required IAuthenticator Authenticator { get; init; }

    public required ISasl Sasl { get; init; }

    public required IMailStore Store { get; init; }

    public required LoginDelay LoginDelay { get; init; }

    public required TimeProvider Time { get; init; }

    public required ILogger Logger { get; init; }
}
