using System.Net;
using Microsoft.Extensions.Logging;

namespace MailServer.Server.Listening;

/// <summary>Tells of refused connections, but not of each: a flood of them must not become a flood of lines.</summary>
internal sealed class RefusalLog(TimeProvider time, ILogger logger)
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(5);

    private long _last;

    public void Note(string listener, IPEndPoint remote, int count, LimitReached limit)
    {
        var last = Interlocked.Read(ref _last);
        if (last != 0 && time.GetElapsedTime(last) < Pause)
            return;
        if (Interlocked.CompareExchange(ref _last, time.GetTimestamp(), last) == last)
            Log.Refused(logger, listener, remote.ToString(), count, limit == LimitReached.All ? "[limits] connections" : "[limits] connections_per_address");
    }
}
