namespace MailServer.Pipeline;

/// <summary>What a notice tells (the Action of RFC 3464 §2.3.3).</summary>
internal enum NoticeKind
{
    /// <summary>It is given up.</summary>
    Failed,
    /// <summary>It takes long.</summary>
    Delayed,
    /// <summary>It is where it should be.</summary>
    Delivered,
    /// <summary>It was passed on to a server that tells no more (RFC 3461 §5.2.2).</summary>
    Relayed,
    /// <summary>It was passed on to all that an address stands for (RFC 3461 §5.2.7.3).</summary>
    Expanded,
}
