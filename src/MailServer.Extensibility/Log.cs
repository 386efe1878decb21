using Microsoft.Extensions.Logging;

namespace MailServer.Extensibility;

/// <summary>Event ids 700 to 799. What comes from a plugin's exception is text already.</summary>
internal static partial class Log
{
    [LoggerMessage(EventId = 700, Level = LogLevel.Information, Message = "plugin {Plugin}: generation {Generation} ({Version}) is in service after {Milliseconds} ms")]
    public static partial void InService(ILogger logger, string plugin, int generation, string version, long milliseconds);

    [LoggerMessage(EventId = 701, Level = LogLevel.Error, Message = "plugin {Plugin}: not loaded, {Kept}: {Reason}")]
    public static partial void NotLoaded(ILogger logger, string plugin, string kept, string reason);

    [LoggerMessage(EventId = 702, Level = LogLevel.Warning, Message = "plugin {Plugin}: the folder {Folder} is gone; generation {Generation} goes on")]
    public static partial void FolderGone(ILogger logger, string plugin, string folder, int generation);

    [LoggerMessage(EventId = 703, Level = LogLevel.Information, Message = "plugin {Plugin}: generation {Generation} is unloaded, {Milliseconds} ms after its last lease")]
    public static partial void Unloaded(ILogger logger, string plugin, int generation, long milliseconds);

    [LoggerMessage(EventId = 704, Level = LogLevel.Warning, Message = "plugin {Plugin}: generation {Generation} leaks: still in memory {Seconds} s after its last lease; a timer, a static event or a cache holds on to it")]
    public static partial void Leaks(ILogger logger, string plugin, int generation, long seconds);

    [LoggerMessage(EventId = 705, Level = LogLevel.Error, Message = "plugin {Plugin}: generation {Generation} failed when disposed: {Reason}")]
    public static partial void DisposeFailed(ILogger logger, string plugin, int generation, string reason);

    [LoggerMessage(EventId = 706, Level = LogLevel.Error, Message = "{ConnectionId}: {Protocol} handler of plugin {Plugin}, generation {Generation}, threw: {Reason}")]
    public static partial void HandlerThrew(ILogger logger, string connectionId, string protocol, string plugin, int generation, string reason);

    [LoggerMessage(EventId = 707, Level = LogLevel.Information, Message = "{ConnectionId}: {Protocol} session stays on old code: plugin {Plugin}, generation {Generation}, does not read state {Format}")]
    public static partial void StateRefused(ILogger logger, string connectionId, string protocol, string plugin, int generation, string format);

    [LoggerMessage(EventId = 708, Level = LogLevel.Error, Message = "{ConnectionId}: {Protocol} session ended: its handler keeps handing over though no new generation waits")]
    public static partial void HandsOverUnasked(ILogger logger, string connectionId, string protocol);

    [LoggerMessage(EventId = 709, Level = LogLevel.Error, Message = "{ConnectionId}: no plugin serves protocol {Protocol}")]
    public static partial void NobodyServes(ILogger logger, string connectionId, string protocol);

    [LoggerMessage(EventId = 710, Level = LogLevel.Error, Message = "plugin {Plugin}: {Role} threw: {Reason}")]
    public static partial void RoleThrew(ILogger logger, string plugin, string role, string reason);

    [LoggerMessage(EventId = 711, Level = LogLevel.Error, Message = "plugin folder {Folder}: {Reason}")]
    public static partial void FolderNotUsable(ILogger logger, string folder, string reason);

    [LoggerMessage(EventId = 712, Level = LogLevel.Error, Message = "watching the plugins failed: {Reason}; looking again at the next change")]
    public static partial void WatchFailed(ILogger logger, string reason);

    [LoggerMessage(EventId = 713, Level = LogLevel.Debug, Message = "plugin {Plugin}: generation {Generation} has rehearsed {Protocol}, in {Milliseconds} ms")]
    public static partial void Rehearsed(ILogger logger, string plugin, int generation, string protocol, long milliseconds);

    [LoggerMessage(EventId = 714, Level = LogLevel.Information, Message = "plugin {Plugin}: the rehearsal of {Protocol} got no further than \"{Turn}\"; the first sessions may be slow")]
    public static partial void RehearsalEnded(ILogger logger, string plugin, string protocol, string turn);

    [LoggerMessage(EventId = 715, Level = LogLevel.Information, Message = "plugin {Plugin}: cannot be rehearsed: {Reason}; the first sessions may be slow")]
    public static partial void RehearsalFailed(ILogger logger, string plugin, string reason);

    // Next free id: 716
}
