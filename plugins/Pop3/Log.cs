using Microsoft.Extensions.Logging;

namespace MailServer.Plugins.Pop3;

internal static partial class Log
{
    [LoggerMessage(EventId = 401, Level = LogLevel.Information, Message = "{ConnectionId}: {UserName} logged in, {Count} messages of {Size} octets")]
    public static partial void LoggedIn(ILogger logger, string connectionId, string userName, int count, long size);

    [LoggerMessage(EventId = 402, Level = LogLevel.Information, Message = "{ConnectionId}: login of {UserName} from {Remote} failed: {Outcome}")]
    public static partial void LoginFailed(ILogger logger, string connectionId, string userName, System.Net.IPAddress remote, AuthOutcome outcome);

    [LoggerMessage(EventId = 403, Level = LogLevel.Warning, Message = "{ConnectionId}: the maildrop of {UserName} was not opened: {Reason}")]
    public static partial void NotOpened(ILogger logger, string connectionId, string userName, string reason);

    [LoggerMessage(EventId = 404, Level = LogLevel.Information, Message = "{ConnectionId}: {UserName} logged out, {Deleted} messages removed")]
    public static partial void LoggedOut(ILogger logger, string connectionId, string userName, int deleted);

    [LoggerMessage(EventId = 405, Level = LogLevel.Error, Message = "{ConnectionId}: messages of {UserName} were not removed: {Reason}")]
    public static partial void NotRemoved(ILogger logger, string connectionId, string userName, string reason);

    [LoggerMessage(EventId = 406, Level = LogLevel.Debug, Message = "{ConnectionId}: silent for too long")]
    public static partial void TimedOut(ILogger logger, string connectionId);

    [LoggerMessage(EventId = 407, Level = LogLevel.Debug, Message = "{ConnectionId}: broken off: {Reason}")]
    public static partial void BrokenOff(ILogger logger, string connectionId, string reason);

    [LoggerMessage(EventId = 408, Level = LogLevel.Warning, Message = "{ConnectionId}: message {Message} of {UserName} could not be opened: {Reason}")]
    public static partial void NotReadable(ILogger logger, string connectionId, int message, string userName, string reason);

    [LoggerMessage(EventId = 409, Level = LogLevel.Information, Message = "{ConnectionId}: {Remote} hung up on: {Reason}")]
    public static partial void HungUp(ILogger logger, string connectionId, System.Net.IPAddress remote, string reason);

    // Next free id: 410
}
