using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using MailServer.Wire.Imap;
using MailServer.Wire.Sasl;

namespace MailServer.Plugins.Imap.Commands;

/// <summary>AUTHENTICATE (RFC 3501 §6.2.2, RFC 4959): carries the messages of SASL.</summary>
internal static class Authenticate
{
    /// <summary>Null when the client's response is still to come.</summary>
    public static ValueTask<Completion?> RunAsync(ImapSession session, ImapRequest.Authenticate request, CancellationToken cancellationToken)
    {
        if (!session.Connection.Info.AllowsPlaintextAuth)
            return new(Login.PrivacyRequired);
        if (session.Services.Sasl.Begin(Encoding.ASCII.GetString(request.Mechanism.Span), session.Connection.Info) is not { } exchange)
            return new(Completion.No("CANNOT", "Unknown mechanism"));
        session.Exchange = exchange;
        return request.InitialResponse is { } initial
            ? RespondAsync(session, request.Tag, initial, isInitial: true, cancellationToken)
            : StepAsync(session, request.Tag, null, cancellationToken);
    }

    /// <summary>Takes the client's response: base64, or <c>*</c> to give up. Null when another is to come.</summary>
    public static ValueTask<Completion?> RespondAsync(
        ImapSession session, ReadOnlyMemory<byte> tag, ReadOnlyMemory<byte> text, bool isInitial, CancellationToken cancellationToken)
    {
        if (text.Span is [(byte)'*'] && !isInitial)
            return new(Completion.Bad("Given up"));
        var response = new byte[Base64.GetMaxDecodedFromUtf8Length(text.Length)];
        if (!(isInitial ? SaslText.TryDecodeInitial(text.Span, response, out var length) : SaslText.TryDecode(text.Span, response, out length)))
            return new(Completion.Bad("Invalid base64"));
        Array.Resize(ref response, length);
        return StepAsync(session, tag, response, cancellationToken);
    }

    private static async ValueTask<Completion?> StepAsync(ImapSession session, ReadOnlyMemory<byte> tag, byte[]? response, CancellationToken cancellationToken)
    {
        if (session.Exchange is not { } exchange)
            throw new InvalidOperationException("an exchange that nobody began");
        session.Exchange = null;
        var step = await exchange.RespondAsync(response, cancellationToken).ConfigureAwait(false);
        // A password lay here.
        CryptographicOperations.ZeroMemory(response);
        switch (step)
        {
            case SaslStep.Challenge challenge:
                session.Output.Continue(Convert.ToBase64String(challenge.Data.Span));
                session.Exchange = exchange;
                session.Expect(ImapMode.Sasl, tag);
                return null;
            case SaslStep.Accepted accepted:
                return await Login.EnterAsync(session, accepted.User, cancellationToken).ConfigureAwait(false);
            case SaslStep.Refused refused:
                return Login.Refuse(session, refused.UserName, refused.Outcome);
            default:
                return Completion.Bad("Invalid response for this mechanism");
        }
    }
}
