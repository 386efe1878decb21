using Microsoft.Extensions.Logging;

namespace MailServer.Plugins.Imap;

internal static partial class Log
{
    [LoggerMessage(EventId = 200, Level = LogLevel.Information, Message = "{ConnectionId}: {User} logged in from {Remote}")]
    public static partial void LoggedIn(ILogger logger, string connectionId, string user, System.Net.IPEndPoint remote);

    [LoggerMessage(EventId = 201, Level = LogLevel.Warning, Message = "{ConnectionId}: login refused for {User} from {Remote}: {Outcome}")]
    public static partial void LoginRefused(ILogger logger, string connectionId, string user, System.Net.IPEndPoint remote, AuthOutcome outcome);

    [LoggerMessage(EventId = 202, Level = LogLevel.Information, Message = "{ConnectionId}: ended: {Reason}")]
    public static partial void Ended(ILogger logger, string connectionId, string reason);

    [LoggerMessage(EventId = 203, Level = LogLevel.Error, Message = "{ConnectionId}: session failed")]
    public static partial void Failed(ILogger logger, string connectionId, Exception exception);

    [LoggerMessage(EventId = 204, Level = LogLevel.Warning, Message = "{ConnectionId}: {Folder}: UID {Uid}: {Problem}")]
    public static partial void MessageUnreadable(ILogger logger, string connectionId, FolderName folder, uint uid, string problem);

    [LoggerMessage(EventId = 205, Level = LogLevel.Warning, Message = "{ConnectionId}: {Folder}: {Problem}")]
    public static partial void FolderProblem(ILogger logger, string connectionId, FolderName folder, string problem);

    [LoggerMessage(EventId = 206, Level = LogLevel.Debug, Message = "{ConnectionId}: {Answer}")]
    public static partial void Answered(ILogger logger, string connectionId, string answer);

    // Next free id: 207
}
