using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Unicode;
using MailServer.Wire.Sasl;

namespace MailServer.Plugins.Smtp.Commands;

/// <summary>AUTH (RFC 4954 §4) with PLAIN (RFC 4616) and LOGIN (draft-murchison-sasl-login, which old programs still ask for).</summary>
internal static class Auth
{
    private static readonly Reply Cancelled = new(501, new(5, 7, 0), "Authentication cancelled");

    private static readonly Reply NotBase64 = new(501, new(5, 5, 2), "Cannot decode the response");

    // Base64 of "Username:" and "Password:", the words that every client knows.
    private static readonly Reply AskName = new(334, null, "VXNlcm5hbWU6");

    private static readonly Reply AskPassword = new(334, null, "UGFzc3dvcmQ6");

    private static readonly Reply AskMessage = new(334, null, "");

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
        var initial = blank < 0 ? default : argument[blank..].TrimStart((byte)' ');
        SaslExchange exchange;
        if (Ascii.EqualsIgnoreCase(mechanism, "PLAIN"u8))
            exchange = new SaslExchange.Plain();
        else if (Ascii.EqualsIgnoreCase(mechanism, "LOGIN"u8))
            exchange = new SaslExchange.LoginName();
        else
            return new(mechanism.IsEmpty ? Reply.Syntax("AUTH mechanism") : new Reply(504, new(5, 5, 4), "Mechanism not offered"));

        if (!initial.IsEmpty)
            return StepAsync(session, ready, exchange, initial, isInitial: true, cancellationToken);
        session.State = new SmtpState.Authenticating(ready, exchange);
        return new(exchange is SaslExchange.Plain ? AskMessage : AskName);
    }

    /// <summary>Takes the client's answer to our challenge.</summary>
    public static ValueTask<Reply> ContinueAsync(
        SmtpSession session, SmtpState.Authenticating state, ReadOnlySpan<byte> line, CancellationToken cancellationToken)
    {
        session.State = state.Session;
        return line is [(byte)'*'] ? new(Cancelled) : StepAsync(session, state.Session, state.Exchange, line, isInitial: false, cancellationToken);
    }

    private static ValueTask<Reply> StepAsync(
        SmtpSession session, SmtpState.Ready ready, SaslExchange exchange, ReadOnlySpan<byte> response, bool isInitial, CancellationToken cancellationToken)
    {
        var decoded = ArrayPool<byte>.Shared.Rent(response.Length + 1);
        try
        {
            if (!(isInitial ? SaslText.TryDecodeInitial(response, decoded, out var length) : SaslText.TryDecode(response, decoded, out length)))
                return new(NotBase64);
            var text = decoded.AsSpan(0, length);
            switch (exchange)
            {
                case SaslExchange.Plain:
                    if (!PlainMessage.TryRead(text, out var message))
                        return new(NotBase64);
                    return CheckAsync(session, ready, new(
                        Encoding.UTF8.GetString(message.AuthorizationId),
                        Encoding.UTF8.GetString(message.AuthenticationId),
                        Encoding.UTF8.GetString(message.Password)), cancellationToken);
                case var _ when length is 0 or > PlainMessage.MaxPart || text.Contains((byte)0) || !Utf8.IsValid(text):
                    return new(NotBase64);
                case SaslExchange.LoginName:
                    session.State = new SmtpState.Authenticating(ready, new SaslExchange.LoginPassword(Encoding.UTF8.GetString(text)));
                    return new(AskPassword);
                case SaslExchange.LoginPassword name:
                    return CheckAsync(session, ready, new("", name.UserName, Encoding.UTF8.GetString(text)), cancellationToken);
                default:
                    throw new InvalidOperationException("an exchange that nobody began");
            }
        }
        finally
        {
            // A password lay here.
            CryptographicOperations.ZeroMemory(decoded);
            ArrayPool<byte>.Shared.Return(decoded);
        }
    }

    private static async ValueTask<Reply> CheckAsync(
        SmtpSession session, SmtpState.Ready ready, Credentials.Password credentials, CancellationToken cancellationToken)
    {
        var info = session.Connection.Info;
        var result = await session.Host.Authenticator.AuthenticateAsync(credentials, info, cancellationToken).ConfigureAwait(false);
        if (result is { Outcome: AuthOutcome.Accepted, User: { } user })
        {
            Log.LoggedIn(session.Logger, info.Id, user.Name, info.Remote);
            session.State = ready with { User = user };
            return new(235, new(2, 7, 0), "Authentication successful");
        }

        Log.LoginFailed(session.Logger, info.Id, info.Remote, result.Outcome);
        if (result.Outcome == AuthOutcome.Unavailable)
            return new(454, new(4, 7, 0), "Temporary authentication failure");
        session.AuthFailures++;
        return new(535, new(5, 7, 8), "Authentication credentials invalid");                                        // RFC 4954 §6
    }
}
