using Microsoft.Extensions.Logging;

namespace MailServer.Storage;

internal static partial class Log
{
    [LoggerMessage(EventId = 300, Level = LogLevel.Error, Message = "store: {Operation} failed: {Reason}")]
    public static partial void DiskFailed(ILogger logger, string operation, string reason);

    [LoggerMessage(EventId = 301, Level = LogLevel.Warning, Message = "{Path}: broke the lock, which its owner left behind")]
    public static partial void LockBroken(ILogger logger, string path);

    [LoggerMessage(EventId = 303, Level = LogLevel.Warning, Message = "{Path}: two files had the base name {Name}; one is now {NewName}")]
    public static partial void DuplicateRenamed(ILogger logger, string path, string name, string newName);

    [LoggerMessage(EventId = 304, Level = LogLevel.Information, Message = "{Path}: {Count} files older than 36 hours removed")]
    public static partial void Swept(ILogger logger, string path, int count);

    [LoggerMessage(EventId = 305, Level = LogLevel.Warning, Message = "{Path}: UIDs begin anew with UIDVALIDITY {UidValidity}: {Reason}")]
    public static partial void NewUidValidity(ILogger logger, string path, uint uidValidity, string reason);

    [LoggerMessage(EventId = 306, Level = LogLevel.Warning, Message = "{Path}: index ignored, and built anew: {Reason}")]
    public static partial void IndexIgnored(ILogger logger, string path, string reason);

    [LoggerMessage(EventId = 310, Level = LogLevel.Warning, Message = "{Path}: {Reason}; read as far as it makes sense, kept as {Kept}")]
    public static partial void BrokenKept(ILogger logger, string path, string reason, string kept);

    [LoggerMessage(EventId = 311, Level = LogLevel.Warning, Message = "{Path}: {Reason}; not kept, since {Count} earlier ones are")]
    public static partial void BrokenNotKept(ILogger logger, string path, string reason, int count);

    [LoggerMessage(EventId = 312, Level = LogLevel.Warning, Message = "{Path}: the file name {Name} cannot be kept in a plain file; it is {NewName} now")]
    public static partial void OddNameMended(ILogger logger, string path, string name, string newName);

    [LoggerMessage(EventId = 313, Level = LogLevel.Warning, Message = "{Path}: the UID list had lost {Count} messages, which are back; the next UID is {UidNext}")]
    public static partial void UidsRestored(ILogger logger, string path, int count, uint uidNext);

    [LoggerMessage(EventId = 314, Level = LogLevel.Warning, Message = "{Path}: cannot be read ({Reason}); a note stands in its place")]
    public static partial void NoteInPlace(ILogger logger, string path, string reason);

    [LoggerMessage(EventId = 315, Level = LogLevel.Warning, Message = "{Path}: {Reason}; the folder is left out")]
    public static partial void FolderLeftOut(ILogger logger, string path, string reason);

    [LoggerMessage(EventId = 316, Level = LogLevel.Warning, Message = "{Path}: {Reason}; read as far as it makes sense, and left as it is")]
    public static partial void ForeignIgnored(ILogger logger, string path, string reason);

    [LoggerMessage(EventId = 308, Level = LogLevel.Warning, Message = "{Path}: index good up to octet {Length} and built anew beyond: {Reason}")]
    public static partial void IndexDamaged(ILogger logger, string path, long length, string reason);

    [LoggerMessage(EventId = 330, Level = LogLevel.Warning, Message = "{Path}: searches do without the index: {Reason}")]
    public static partial void SearchFailed(ILogger logger, string path, string reason);

    [LoggerMessage(EventId = 331, Level = LogLevel.Warning, Message = "{Path}: removed, to be built again: {Reason}")]
    public static partial void SearchRemoved(ILogger logger, string path, string reason);

    [LoggerMessage(EventId = 321, Level = LogLevel.Warning, Message = "{Path}: the quota cannot be counted: {Reason}")]
    public static partial void QuotaFailed(ILogger logger, string path, string reason);

    [LoggerMessage(EventId = 320, Level = LogLevel.Warning, Message = "{Path}: the journal cannot be written ({Reason}); mail goes on without it")]
    public static partial void JournalFailed(ILogger logger, string path, string reason);

    // Next free id: 309; 310 to 319 belong to what is broken, 320 to 329 to journal and quota, 330 to 339 to the search
}
