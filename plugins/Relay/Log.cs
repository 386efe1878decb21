using System.Net;
using Microsoft.Extensions.Logging;

namespace MailServer.Plugins.Relay;

/// <summary>What happens before a message is under way; what becomes of a message is told by the queue.</summary>
internal static partial class Log
{
    [LoggerMessage(EventId = 1000, Level = LogLevel.Information, Message = "{Server} at {Address} cannot be used: {Status} {Reason}")]
    public static partial void NoSession(ILogger logger, string server, IPEndPoint address, StatusCode status, string reason);

    [LoggerMessage(EventId = 1001, Level = LogLevel.Information, Message = "{Server}: mail goes there without TLS: {Reason}")]
    public static partial void WithoutTls(ILogger logger, string server, string reason);

    [LoggerMessage(EventId = 1002, Level = LogLevel.Debug, Message = "neither smarthost nor direct is set: no mail is sent to other servers")]
    public static partial void NoRoute(ILogger logger);

    [LoggerMessage(EventId = 1003, Level = LogLevel.Information, Message = "the MTA-STS policy of {Domain} cannot be had: {Reason}")]
    public static partial void NoPolicy(ILogger logger, string domain, string reason);

    [LoggerMessage(EventId = 1004, Level = LogLevel.Warning, Message = "how TLS went cannot be written down: {Reason}")]
    public static partial void ResultsUnwritable(ILogger logger, string reason);

    // Next free id: 1005
}
