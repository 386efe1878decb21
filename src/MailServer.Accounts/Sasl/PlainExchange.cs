using MailServer.Wire.Sasl;

namespace MailServer.Accounts.Sasl;

/// <summary>PLAIN (RFC 4616): one message of the client's.</summary>
internal sealed class PlainExchange(SaslVerifier verifier) : ISaslExchange
{
    public ValueTask<SaslStep> RespondAsync(byte[]? response, CancellationToken cancellationToken)
    {
        if (response is not { } text)
            return new(SaslVerifier.Empty);
        if (!PlainMessage.TryRead(text, out var message))
            return new(SaslStep.Malformed.Instance);
        var user = SaslVerifier.Text(message.AuthenticationId);
        var credentials = new Credentials.Password(SaslVerifier.Text(message.AuthorizationId), user, SaslVerifier.Text(message.Password));
        return verifier.CheckAsync(credentials, user, cancellationToken);
    }
}
