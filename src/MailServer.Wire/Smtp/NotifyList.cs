namespace MailServer.Wire.Smtp;

/// <summary>The elements of <c>NOTIFY=</c> (RFC 3461 §4.1).</summary>
[Flags]
public enum NotifyList
{
    /// <summary><c>NEVER</c>.</summary>
    Never = 0,
    /// <summary><c>SUCCESS</c>.</summary>
    Success = 1,
    /// <summary><c>FAILURE</c>.</summary>
    Failure = 2,
    /// <summary><c>DELAY</c>.</summary>
    Delay = 4,
}
