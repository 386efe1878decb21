using System.Buffers;
using System.Buffers.Text;
using System.Text;
using MailServer.Wire.Imap;

namespace MailServer.Plugins.Imap.Commands;

/// <summary>AUTHENTICATE PLAIN (RFC 3501 §6.2.2, RFC 4616, RFC 4959).</summary>
internal static class Authenticate
{
    /// <summary>Null when the client's response is still to come.</summary>
    public static async ValueTask<Completion?> RunAsync(ImapSession session, ImapRequest.Authenticate request, CancellationToken cancellationToken)
    {
        if (!Ascii.EqualsIgnoreCase(request.Mechanism.Span, "PLAIN"u8))
            return Completion.No("CANNOT", "Unknown mechanism");
        if (!session.Connection.Info.AllowsPlaintextAuth)
            return Login.PrivacyRequired;
        if (request.InitialResponse is { } initial)
            return await FinishAsync(session, initial, cancellationToken).ConfigureAwait(false);

        session.Output.Continue("");
        session.Expect(ImapMode.Sasl, request.Tag);
        return null;
    }

    /// <summary>The response: <c>[authzid] NUL authcid NUL passwd</c> in base64, or <c>*</c> to give up.</summary>
    public static ValueTask<Completion> FinishAsync(ImapSession session, ReadOnlyMemory<byte> response, CancellationToken cancellationToken)
    {
        if (response.Span.SequenceEqual("*"u8))
            return new(Completion.Bad("Given up"));
        var octets = new byte[Base64.GetMaxDecodedFromUtf8Length(response.Length)];
        if (Base64.DecodeFromUtf8(response.Span, octets, out _, out var written) != OperationStatus.Done)
            return new(Completion.Bad("Invalid base64"));

        if (!Login.TryDecode(octets.AsSpan(0, written), out var message) || message.Split('\0') is not [var authorizationId, var user, var password])
            return new(Completion.Bad("Invalid PLAIN message"));
        if (user.Length == 0 || password.Length == 0)
            return new(Login.Refuse(session, user, AuthOutcome.Refused));
        return Login.CheckAsync(session, authorizationId, user, password, cancellationToken);
    }
}
