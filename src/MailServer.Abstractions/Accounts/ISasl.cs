namespace MailServer;

/// <summary>
/// SASL (RFC 4422): the one room through which all protocols let people in. A protocol carries the messages, each in its own form; what they
/// mean is decided here.
/// </summary>
public interface ISasl
{
    /// <summary>
    /// The mechanisms to offer on a connection as it is now, the strongest first. None where no secret may be said yet
    /// (<see cref="ConnectionInfo.AllowsPlaintextAuth"/>).
    /// </summary>
    IReadOnlyList<string> MechanismsFor(ConnectionInfo connection);

    /// <summary>Begins an exchange. Null when the mechanism, whose name may be in any case, is not offered on this connection.</summary>
    ISaslExchange? Begin(string mechanism, ConnectionInfo connection);
}

/// <summary>One authentication on its way. It ends with the first step that is no <see cref="SaslStep.Challenge"/>.</summary>
public interface ISaslExchange
{
    /// <summary>Takes what the client says next.</summary>
    /// <param name="response">
    /// Without base64; not kept. Null when the client began without an initial response, which
    /// is not the same as an empty one (RFC 4422 §4.3.a).
    /// </param>
    /// <param name="cancellationToken">Ends the wait for an authenticator.</param>
    ValueTask<SaslStep> RespondAsync(byte[]? response, CancellationToken cancellationToken);
}

/// <summary>What an exchange answers.</summary>
public abstract record SaslStep
{
    private SaslStep() { }

    /// <summary>The client is to be sent this, without base64, and to respond.</summary>
    /// <param name="Data">May be empty.</param>
    public sealed record Challenge(ReadOnlyMemory<byte> Data) : SaslStep;

    /// <summary>The client is who it says.</summary>
    /// <param name="User">Whose account it is.</param>
    public sealed record Accepted(User User) : SaslStep;

    /// <summary>The client is not let in.</summary>
    /// <param name="Outcome">Never <see cref="AuthOutcome.Accepted"/>.</param>
    /// <param name="UserName">What it called itself, for the log; a stranger's text.</param>
    public sealed record Refused(AuthOutcome Outcome, string UserName) : SaslStep;

    /// <summary>The client's message is none of this mechanism.</summary>
    public sealed record Malformed : SaslStep
    {
        /// <summary>The only one.</summary>
        public static Malformed Instance { get; } = new();
    }
}
