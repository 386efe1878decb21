using Microsoft.Extensions.Logging;

namespace MailServer.Plugins.AuthPasswordFile;

internal static partial class Log
{
    [LoggerMessage(EventId = 920, Level = LogLevel.Warning, Message = "{File}({Line}): {Reason}")]
    public static partial void BrokenLine(ILogger logger, string file, int line, string reason);

    [LoggerMessage(EventId = 921, Level = LogLevel.Error, Message = "{File}: {Reason}; the accounts read before stay in service")]
    public static partial void Unreadable(ILogger logger, string file, string reason);

    [LoggerMessage(EventId = 922, Level = LogLevel.Error, Message = "{File}: not changed: {Reason}")]
    public static partial void EditFailed(ILogger logger, string file, string reason);

    [LoggerMessage(EventId = 923, Level = LogLevel.Warning, Message = "{ConnectionId}: {Waiting} password checks wait, so this one is put off")]
    public static partial void TooManyChecks(ILogger logger, string connectionId, int waiting);

    [LoggerMessage(EventId = 924, Level = LogLevel.Information, Message = "{ConnectionId}: {UserName} from {Remote} has the right password but may not come in (nologin or allow_nets)")]
    public static partial void Barred(ILogger logger, string connectionId, string userName, System.Net.IPAddress remote);

    // Next free id: 925
}
