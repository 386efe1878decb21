using Microsoft.Extensions.Logging;

namespace MailServer.Plugins.Fetch;

internal static partial class Log
{
    [LoggerMessage(EventId = 1100, Level = LogLevel.Information, Message = "{Account}: message {Uid} has come as {MessageId}")]
    public static partial void Fetched(ILogger logger, string account, string uid, string messageId);

    [LoggerMessage(EventId = 1101, Level = LogLevel.Warning, Message = "{Account}: message {Uid} is not taken and stays there: {Status} {Reason}")]
    public static partial void Left(ILogger logger, string account, string uid, StatusCode status, string reason);

    [LoggerMessage(EventId = 1102, Level = LogLevel.Warning, Message = "{Account}: {Reason}; tried again in {Wait}")]
    public static partial void Failed(ILogger logger, string account, string reason, TimeSpan wait);

    [LoggerMessage(EventId = 1103, Level = LogLevel.Information, Message = "{Account}: message {Uid} was here already when the server ended")]
    public static partial void WasHere(ILogger logger, string account, string uid);

    // Next free id: 1104
}
