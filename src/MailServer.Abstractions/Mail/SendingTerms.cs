namespace MailServer;

/// <summary>What a sender asks for with a whole message: parameters of MAIL that travel with it.</summary>
public sealed record SendingTerms
{
    /// <summary>Nothing is asked for.</summary>
    public static SendingTerms None { get; } = new();

    /// <summary>What a notice of failure returns: <c>RET</c> (RFC 3461 §4.3); null when it was not said.</summary>
    public ReturnedContent? Return { get; init; }

    /// <summary>The sender's own name for this sending, repeated in notices: <c>ENVID</c> (RFC 3461 §4.4), decoded, printable US-ASCII; null without one.</summary>
    public string? EnvelopeId { get; init; }

    /// <summary>Whether it may only travel with TLS to a server that is who it should be: <c>REQUIRETLS</c> (RFC 8689 §3).</summary>
    public bool RequiresTls { get; init; }

    /// <summary>By when it is to be delivered: <c>BY</c> (RFC 2852 §4); null when it was not said.</summary>
    public DeliverBy? DeliverBy { get; init; }

    /// <summary>From -9 to 9, 0 for usual mail: <c>MT-PRIORITY</c> (RFC 6710 §4); null when it was not said.</summary>
    public int? Priority { get; init; }

    /// <summary>Before when it is not to be sent: <c>HOLDFOR</c> or <c>HOLDUNTIL</c> (RFC 4865 §4); null for at once.</summary>
    public DateTimeOffset? HoldUntil { get; init; }
}

/// <summary>What comes back of a message that cannot be delivered (RFC 3461 §4.3).</summary>
public enum ReturnedContent
{
    /// <summary>Its header: <c>HDRS</c>.</summary>
    Headers,
    /// <summary>All of it: <c>FULL</c>.</summary>
    Full,
}

/// <summary>A time by which a message is to be delivered (RFC 2852 §4).</summary>
/// <param name="Deadline">By when.</param>
/// <param name="IsReturned">What happens then: it goes back to its sender (<c>R</c>), or its sender is told and it goes on (<c>N</c>).</param>
/// <param name="IsTraced">Whether each server on its way is to tell the sender (<c>T</c>).</param>
public sealed record DeliverBy(DateTimeOffset Deadline, bool IsReturned, bool IsTraced);

/// <summary>What a sender asks for with one recipient: parameters of RCPT that travel with it (RFC 3461 §4).</summary>
public sealed record RecipientTerms
{
    /// <summary>Nothing is asked for.</summary>
    public static RecipientTerms None { get; } = new();

    /// <summary>What the sender is told of: <c>NOTIFY</c> (RFC 3461 §4.1). Null when it was not said, which is failures, and delays where the server tells of them.</summary>
    public NotifyOn? Notify { get; init; }

    /// <summary>
    /// Whom the sender meant, when aliases lie between: <c>ORCPT</c> (RFC 3461 §4.2) as <c>rfc822;alice@example.org</c>, the address decoded,
    /// printable US-ASCII, or of type <c>utf-8</c> (RFC 6533 §3) and then any text without controls. Null when it was not said.
    /// </summary>
    public string? OriginalRecipient { get; init; }

    /// <summary>Whether the sender is to be told of this.</summary>
    public bool Wants(NotifyOn what) => ((Notify ?? NotifyOn.Failure | NotifyOn.Delay) & what) != 0;
}

/// <summary>What a sender is told of (RFC 3461 §4.1).</summary>
[Flags]
public enum NotifyOn
{
    /// <summary>Of nothing: <c>NEVER</c>.</summary>
    Never = 0,
    /// <summary>That it is delivered.</summary>
    Success = 1,
    /// <summary>That it cannot be delivered.</summary>
    Failure = 2,
    /// <summary>That it takes long.</summary>
    Delay = 4,
}
