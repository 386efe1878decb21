using Microsoft.Extensions.Logging;

namespace MailServer.Server;

internal static partial class Log
{
    [LoggerMessage(EventId = 850, Level = LogLevel.Warning, Message = "listener {Listener}: {Remote} is one of its proxies, but {Reason}")]
    public static partial void ProxyHeaderMissing(ILogger logger, string listener, string remote, string reason);

    [LoggerMessage(EventId = 800, Level = LogLevel.Information, Message = "certificate of {Subject} in use, valid until {NotAfter:yyyy-MM-dd}")]
    public static partial void CertificateInUse(ILogger logger, string subject, DateTimeOffset notAfter);

    [LoggerMessage(EventId = 801, Level = LogLevel.Error, Message = "changed certificate not taken, that of {Kept} stays: {Reason}")]
    public static partial void CertificateBroken(ILogger logger, string reason, string kept);

    [LoggerMessage(EventId = 802, Level = LogLevel.Warning, Message = "certificate of {Subject} is valid from {NotBefore:yyyy-MM-dd} to {NotAfter:yyyy-MM-dd} only: clients will refuse it")]
    public static partial void CertificateOutOfTime(ILogger logger, string subject, DateTimeOffset notBefore, DateTimeOffset notAfter);

    [LoggerMessage(EventId = 803, Level = LogLevel.Information, Message = "{ConnectionId}: connected to {Listener} from {Remote}")]
    public static partial void Connected(ILogger logger, string connectionId, string listener, string remote);

    [LoggerMessage(EventId = 804, Level = LogLevel.Information, Message = "{ConnectionId}: closed")]
    public static partial void Closed(ILogger logger, string connectionId);

    [LoggerMessage(EventId = 805, Level = LogLevel.Information, Message = "{ConnectionId}: from {Remote}: {Reason}")]
    public static partial void HandshakeFailed(ILogger logger, string connectionId, string remote, string reason);

    [LoggerMessage(EventId = 806, Level = LogLevel.Warning, Message = "{Listener}: refusing {Remote}, {Count} connections are open: {Limit}")]
    public static partial void Refused(ILogger logger, string listener, string remote, int count, string limit);

    [LoggerMessage(EventId = 807, Level = LogLevel.Error, Message = "{Listener}: cannot accept connections, trying again: {Reason}")]
    public static partial void AcceptFailed(ILogger logger, string listener, string reason);

    [LoggerMessage(EventId = 808, Level = LogLevel.Error, Message = "{ConnectionId}: session failed")]
    public static partial void SessionFailed(ILogger logger, string connectionId, Exception exception);

    [LoggerMessage(EventId = 809, Level = LogLevel.Information, Message = "{Listener}: listening on {Address} for {Protocol}")]
    public static partial void Listening(ILogger logger, string listener, string address, string protocol);

    [LoggerMessage(EventId = 810, Level = LogLevel.Information, Message = "stopping: {Count} sessions may go on for {DrainTime}")]
    public static partial void Stopping(ILogger logger, int count, string drainTime);

    [LoggerMessage(EventId = 811, Level = LogLevel.Warning, Message = "{Count} sessions have not ended in time and are cut off")]
    public static partial void CutOff(ILogger logger, int count);

    [LoggerMessage(EventId = 812, Level = LogLevel.Information, Message = "stopped")]
    public static partial void Stopped(ILogger logger);

    [LoggerMessage(EventId = 813, Level = LogLevel.Information, Message = "configuration {File} read again")]
    public static partial void Reloaded(ILogger logger, string file);

    [LoggerMessage(EventId = 814, Level = LogLevel.Error, Message = "configuration not taken, what was before stays: {Reason}")]
    public static partial void ReloadRefused(ILogger logger, string reason);

    [LoggerMessage(EventId = 815, Level = LogLevel.Warning, Message = "{Keys} takes effect at the next start")]
    public static partial void NeedsRestart(ILogger logger, string keys);

    [LoggerMessage(EventId = 817, Level = LogLevel.Warning, Message = "{Listener}: no plugin serves protocol {Protocol}")]
    public static partial void NobodyServes(ILogger logger, string listener, string protocol);

    [LoggerMessage(EventId = 818, Level = LogLevel.Error, Message = "control socket {Path} not to be had, commands cannot reach this server: {Reason}")]
    public static partial void NoControlSocket(ILogger logger, string path, string reason);

    [LoggerMessage(EventId = 819, Level = LogLevel.Information, Message = "mailserver {Version} ready after {Milliseconds} ms")]
    public static partial void Ready(ILogger logger, string version, long milliseconds);

    [LoggerMessage(EventId = 820, Level = LogLevel.Error, Message = "reload failed, what was before stays")]
    public static partial void ReloadFailed(ILogger logger, Exception exception);

    [LoggerMessage(EventId = 821, Level = LogLevel.Error, Message = "a command failed")]
    public static partial void CommandFailed(ILogger logger, Exception exception);

    [LoggerMessage(EventId = 822, Level = LogLevel.Warning, Message = "at most {Possible} connections instead of {Configured}: the process may not open more files (LimitNOFILE=)")]
    public static partial void TooFewFiles(ILogger logger, int possible, int configured);

    [LoggerMessage(EventId = 823, Level = LogLevel.Error, Message = "{Part} could not be stopped in order")]
    public static partial void StopFailed(ILogger logger, string part, Exception exception);

    [LoggerMessage(EventId = 824, Level = LogLevel.Information, Message = "the first sessions may be slow, since nothing could be tried before: {Reason}")]
    public static partial void RehearsalFailed(ILogger logger, string reason);

    [LoggerMessage(EventId = 825, Level = LogLevel.Warning, Message = "the postmaster could not be told that rules do not work")]
    public static partial void PostmasterNotTold(ILogger logger, Exception exception);

    [LoggerMessage(EventId = 826, Level = LogLevel.Error, Message = "a fetcher failed and is run again in a minute: {Reason}")]
    public static partial void FetcherFailed(ILogger logger, string reason);

    // Next free id: 827
}
