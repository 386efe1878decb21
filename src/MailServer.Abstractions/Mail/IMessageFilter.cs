namespace MailServer;

/// <summary>Looks at incoming mail as it arrives. Every phase has a default, so a filter writes only the phases it needs.</summary>
/// <remarks>One instance serves all messages at once: keep no state between calls but in thread-safe members.</remarks>
public interface IMessageFilter
{
    /// <summary>The name in logs, metrics, Authentication-Results and <c>[filters.NAME]</c>.</summary>
    string Name { get; }

    /// <summary>A peer has connected.</summary>
    ValueTask<Verdict> OnConnectAsync(ConnectionInfo connection, CancellationToken cancellationToken) => new(Verdict.Continue);

    /// <summary>MAIL FROM (RFC 5321 §4.1.1.2).</summary>
    ValueTask<Verdict> OnSenderAsync(Envelope envelope, CancellationToken cancellationToken) => new(Verdict.Continue);

    /// <summary>RCPT TO (RFC 5321 §4.1.1.3).</summary>
    ValueTask<Verdict> OnRecipientAsync(Envelope envelope, EmailAddress recipient, CancellationToken cancellationToken) => new(Verdict.Continue);

    /// <summary>The whole message is in; the peer waits for the reply to its final dot.</summary>
    ValueTask<Verdict> OnMessageAsync(Envelope envelope, IMessage message, CancellationToken cancellationToken) => new(Verdict.Continue);
}
