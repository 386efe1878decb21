namespace MailServer.Plugins.Relay;

/// <summary>How long a server may take (RFC 5321 §4.5.3.2): shorter would send a message twice to a server that is only slow.</summary>
internal static class TimeLimits
{
    public static readonly TimeSpan Connect = TimeSpan.FromSeconds(30);

    public static readonly TimeSpan Greeting = TimeSpan.FromMinutes(5);

    public static readonly TimeSpan Command = TimeSpan.FromMinutes(5);

    public static readonly TimeSpan DataBegin = TimeSpan.FromMinutes(2);

    public static readonly TimeSpan DataBlock = TimeSpan.FromMinutes(3);

    public static readonly TimeSpan DataEnd = TimeSpan.FromMinutes(10);

    public static readonly TimeSpan Handshake = TimeSpan.FromSeconds(30);

    /// <summary>Nobody waits for the answer to a farewell.</summary>
    public static readonly TimeSpan Quit = TimeSpan.FromSeconds(2);

    /// <summary>How long a connection is kept for the next message.</summary>
    public static readonly TimeSpan Idle = TimeSpan.FromSeconds(10);
}
