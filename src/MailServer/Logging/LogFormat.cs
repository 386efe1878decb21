namespace MailServer.Server.Logging;

/// <summary>How log lines look.</summary>
internal enum LogFormat
{
    /// <summary>For people: time, level, category, message.</summary>
    Text,
    /// <summary>For collectors: an object a line, with each field of the message.</summary>
    Json,
    /// <summary>For systemd's journal, which adds the time itself: <c>&lt;6&gt;</c>, category, message (sd-daemon(3)).</summary>
    Journald,
}
