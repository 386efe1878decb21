using MailServer.Wire.Sasl;

namespace MailServer.Accounts.Sasl;

/// <summary>OAUTHBEARER (RFC 7628) and XOAUTH2: one message with a token; when that is no good the client is told so, answers, and is then refused.</summary>
internal sealed class BearerExchange(SaslVerifier verifier, bool isXoauth2) : ISaslExchange
{
    // RFC 7628 §3.2.2; XOAUTH2 has the HTTP status there, and no client reads more of it.
    private static readonly byte[] InvalidToken = """{"status":"invalid_token"}"""u8.ToArray();
    private static readonly byte[] Status401 = """{"status":"401","schemes":"bearer"}"""u8.ToArray();

    private SaslStep? _refusal;

    public async ValueTask<SaslStep> RespondAsync(byte[]? response, CancellationToken cancellationToken)
    {
        // RFC 7628 §3.2.3: whatever it answers, it has failed.
        if (_refusal is { } refusal)
            return refusal;
        if (response is not { } text)
            return SaslVerifier.Empty;
        if (Read(text) is not { } credentials)
            return SaslStep.Malformed.Instance;
        var step = await verifier.CheckAsync(credentials, credentials.AuthorizationId, cancellationToken).ConfigureAwait(false);
        if (step is not SaslStep.Refused)
            return step;
        _refusal = step;
        return new SaslStep.Challenge(isXoauth2 ? Status401 : InvalidToken);
    }

    private Credentials.Bearer? Read(ReadOnlySpan<byte> text)
    {
        var isRead = isXoauth2 ? BearerMessage.TryReadXoauth2(text, out var message) : BearerMessage.TryRead(text, out message);
        return isRead ? new(SaslVerifier.Text(message.AuthorizationId), SaslVerifier.Text(message.Token)) : null;
    }
}
