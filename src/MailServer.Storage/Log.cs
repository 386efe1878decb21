using Microsoft.Extensions.Logging;

namespace MailServer.Storage;

internal static partial class Log
{
    [LoggerMessage(EventId = 300, Level = LogLevel.Error, Message = "store: {Operation} failed: {Reason}")]
    public static partial void DiskFailed(ILogger logger, string operation, string reason);

    [LoggerMessage(EventId = 301, Level = LogLevel.Warning, Message = "{Path}: broke the lock, which its owner left behind")]
    public static partial void LockBroken(ILogger logger, string path);

    [LoggerMessage(EventId = 302, Level = LogLevel.Warning, Message = "{Path}: unreadable at line {Line}, that line is ignored")]
    public static partial void BadLine(ILogger logger, string path, int line);

    [LoggerMessage(EventId = 303, Level = LogLevel.Warning, Message = "{Path}: two files had the base name {Name}; one is now {NewName}")]
    public static partial void DuplicateRenamed(ILogger logger, string path, string name, string newName);

    [LoggerMessage(EventId = 304, Level = LogLevel.Information, Message = "{Path}: {Count} files older than 36 hours removed")]
    public static partial void Swept(ILogger logger, string path, int count);

    [LoggerMessage(EventId = 305, Level = LogLevel.Warning, Message = "{Path}: UIDs begin anew with UIDVALIDITY {UidValidity}: {Reason}")]
    public static partial void NewUidValidity(ILogger logger, string path, uint uidValidity, string reason);

    [LoggerMessage(EventId = 306, Level = LogLevel.Debug, Message = "{Path}: index ignored: {Reason}")]
    public static partial void IndexIgnored(ILogger logger, string path, string reason);

    [LoggerMessage(EventId = 307, Level = LogLevel.Warning, Message = "{Path}: left out, since it cannot be read: {Reason}")]
    public static partial void Unreadable(ILogger logger, string path, string reason);

    // Next free id: 308
}
