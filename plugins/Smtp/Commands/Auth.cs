using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using MailServer.Wire.Sasl;

namespace MailServer.Plugins.Smtp.Commands;

/// <summary>AUTH (RFC 4954 §4): carries the messages of SASL.</summary>
internal static class Auth
{
    private static readonly Reply Cancelled = new(501, new(5, 7, 0), "Authentication cancelled");

    private static readonly Reply NotBase64 = new(501, new(5, 5, 2), "Cannot decode the response");

    public static ValueTask<Reply> RunAsync(SmtpSession session, ReadOnlySpan<byte> argument, CancellationToken cancellationToken)
    {
        if (!session.IsSubmission)
            return new(new Reply(502, new(5, 5, 1), "AUTH is not offered here"));
        if (!session.Connection.Info.AllowsPlaintextAuth)
            return new(new Reply(538, new(5, 7, 11), "Encryption required, STARTTLS first"));                       // RFC 4954 §6
        if (session.State is not SmtpState.Ready { IsExtended: true } ready)
            return new(Reply.BadSequence(session.State is SmtpState.InTransaction ? "Not within a message" : "EHLO first"));
        if (ready.User is not null)
            return new(Reply.BadSequence("You are logged in already"));                                             // RFC 4954 §4

        var blank = argument.IndexOf((byte)' ');
        var mechanism = blank < 0 ? argument : argument[..blank];
        if (mechanism.IsEmpty)
            return new(Reply.Syntax("AUTH mechanism"));
        if (session.Host.Sasl.Begin(Encoding.ASCII.GetString(mechanism), session.Connection.Info) is not { } exchange)
            return new(new Reply(504, new(5, 5, 4), "Mechanism not offered"));

        var initial = blank < 0 ? default : argument[blank..].TrimStart((byte)' ');
        if (initial.IsEmpty)
            return StepAsync(session, ready, exchange, null, cancellationToken);
        return TryDecode(initial, isInitial: true, out var response) ? StepAsync(session, ready, exchange, response, cancellationToken) : new(NotBase64);
    }

    /// <summary>Takes the client's answer to our challenge.</summary>
    public static ValueTask<Reply> ContinueAsync(
        SmtpSession session, SmtpState.Authenticating state, ReadOnlySpan<byte> line, CancellationToken cancellationToken)
    {
        session.State = state.Session;
        if (line is [(byte)'*'])
            return new(Cancelled);
        return TryDecode(line, isInitial: false, out var response) ? StepAsync(session, state.Session, state.Exchange, response, cancellationToken) : new(NotBase64);
    }

    private static bool TryDecode(ReadOnlySpan<byte> text, bool isInitial, out byte[] response)
    {
        response = new byte[Base64.GetMaxDecodedFromUtf8Length(text.Length)];
        if (!(isInitial ? SaslText.TryDecodeInitial(text, response, out var length) : SaslText.TryDecode(text, response, out length)))
            return false;
        Array.Resize(ref response, length);
        return true;
    }

    private static async ValueTask<Reply> StepAsync(
        SmtpSession session, SmtpState.Ready ready, ISaslExchange exchange, byte[]? response, CancellationToken cancellationToken)
    {
        var step = await exchange.RespondAsync(response, cancellationToken).ConfigureAwait(false);
        // A password lay here.
        CryptographicOperations.ZeroMemory(response);
        switch (step)
        {
            case SaslStep.Challenge challenge:
                session.State = new SmtpState.Authenticating(ready, exchange);
                return new(334, null, Convert.ToBase64String(challenge.Data.Span));
            case SaslStep.Accepted accepted:
                Log.LoggedIn(session.Logger, session.Connection.Info.Id, accepted.User.Name, session.Connection.Info.Remote);
                session.State = ready with { User = accepted.User };
                return new(235, new(2, 7, 0), "Authentication successful");
            case SaslStep.Refused refused:
                return Refuse(session, refused.Outcome);
            default:
                return NotBase64;
        }
    }

    private static Reply Refuse(SmtpSession session, AuthOutcome outcome)
    {
        Log.LoginFailed(session.Logger, session.Connection.Info.Id, session.Connection.Info.Remote, outcome);
        if (outcome == AuthOutcome.Unavailable)
            return new(454, new(4, 7, 0), "Temporary authentication failure");
        session.AuthFailures++;
        return new(535, new(5, 7, 8), "Authentication credentials invalid");                                        // RFC 4954 §6
    }
}
