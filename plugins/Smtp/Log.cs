using System.Net;
using Microsoft.Extensions.Logging;

namespace MailServer.Plugins.Smtp;

/// <summary>What the protocol decides; what becomes of a message is told by the pipeline.</summary>
internal static partial class Log
{
    [LoggerMessage(EventId = 100, Level = LogLevel.Debug, Message = "{ConnectionId}: connected from {Remote} to {Listener}")]
    public static partial void Connected(ILogger logger, string connectionId, IPEndPoint remote, string listener);

    [LoggerMessage(EventId = 101, Level = LogLevel.Information, Message = "{ConnectionId}: refused {MessageId} from <{ReversePath}>: {Code} {Text}")]
    public static partial void MessageRefused(ILogger logger, string connectionId, string messageId, EmailAddress? reversePath, int code, string text);

    [LoggerMessage(EventId = 102, Level = LogLevel.Information, Message = "{ConnectionId}: refused sender <{ReversePath}> of user {User}: {Text}")]
    public static partial void SenderRefused(ILogger logger, string connectionId, EmailAddress? reversePath, string user, string text);

    [LoggerMessage(EventId = 103, Level = LogLevel.Information, Message = "{ConnectionId}: {User} logged in from {Remote}")]
    public static partial void LoggedIn(ILogger logger, string connectionId, string user, IPEndPoint remote);

    [LoggerMessage(EventId = 104, Level = LogLevel.Warning, Message = "{ConnectionId}: login from {Remote} failed ({Outcome})")]
    public static partial void LoginFailed(ILogger logger, string connectionId, IPEndPoint remote, AuthOutcome outcome);

    [LoggerMessage(EventId = 105, Level = LogLevel.Information, Message = "{ConnectionId}: closed: {Reason}")]
    public static partial void Dropped(ILogger logger, string connectionId, string reason);

    [LoggerMessage(EventId = 106, Level = LogLevel.Error, Message = "{ConnectionId}: a bug ended the session")]
    public static partial void Bug(ILogger logger, string connectionId, Exception exception);

    [LoggerMessage(EventId = 107, Level = LogLevel.Debug, Message = "{ConnectionId}: TLS is up: {Protocol} {CipherSuite}")]
    public static partial void TlsIsUp(ILogger logger, string connectionId, string protocol, string cipherSuite);

    // Next free id: 108
}
