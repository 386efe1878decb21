using Microsoft.Extensions.Logging;

namespace MailServer.Plugins.Template;

/// <summary>All log messages, source-generated. The logger's category is a text; <c>ILogger&lt;T&gt;</c> of a plugin's type would keep the plugin in memory.</summary>
internal static partial class Log
{
    [LoggerMessage(EventId = 1, Level = LogLevel.Debug, Message = "{ConnectionId}: the peer is gone: {Reason}")]
    public static partial void PeerGone(ILogger logger, string connectionId, string reason);
}
