using System.Text.Unicode;
using MailServer.Wire.Sasl;

namespace MailServer.Accounts.Sasl;

/// <summary>LOGIN (draft-murchison-sasl-login): the name, then the password. Obsolete, and what old programs still ask for.</summary>
internal sealed class LoginExchange(SaslVerifier verifier) : ISaslExchange
{
    private bool _isAsked;
    private string? _user;

    public ValueTask<SaslStep> RespondAsync(byte[]? response, CancellationToken cancellationToken)
    {
        // The words that every client knows. Some send the name at once.
        if (response is null && !_isAsked)
        {
            _isAsked = true;
            return new(new SaslStep.Challenge("Username:"u8.ToArray()));
        }

        if (response is not { Length: > 0 and <= PlainMessage.MaxPart } text || text.Contains((byte)0) || !Utf8.IsValid(text))
            return new(SaslStep.Malformed.Instance);
        if (_user is { } user)
            return verifier.CheckAsync(new Credentials.Password("", user, SaslVerifier.Text(text)), user, cancellationToken);
        _user = SaslVerifier.Text(text);
        return new(new SaslStep.Challenge("Password:"u8.ToArray()));
    }
}
