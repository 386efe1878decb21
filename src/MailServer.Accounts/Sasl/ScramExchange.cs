using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using MailServer.Wire.Sasl;

namespace MailServer.Accounts.Sasl;

/// <summary>
/// SCRAM-SHA-256 and -PLUS (RFC 5802, RFC 7677): the client proves that it knows the password, and the server that it knows the keys, while
/// neither says them. The server's last word is a challenge, to be answered by an empty response, since none of our protocols can send data
/// with its success.
/// </summary>
/// <param name="verifier">Finds keys, and says who may come in.</param>
/// <param name="decoy">Stands in for users that there are not.</param>
/// <param name="plus">The name of the binding variant when it is offered on this connection.</param>
/// <param name="endPoint">The connection's <c>tls-server-end-point</c>, when this exchange has to be bound to it.</param>
internal sealed class ScramExchange(SaslVerifier verifier, ScramDecoy decoy, string? plus, ReadOnlyMemory<byte>? endPoint) : ISaslExchange
{
    private const int NonceOctets = 18;

    private string _user = "", _authorizationId = "";
    private byte[] _gs2Header = [], _transcript = [], _nonce = [];
    private ScramKeys? _keys;
    private SaslStep? _result;

    /// <summary>What the server adds to the client's nonce. Tests set it to the RFC's.</summary>
    internal byte[] ServerNonce { get; init; } = Encoding.ASCII.GetBytes(Convert.ToBase64String(RandomNumberGenerator.GetBytes(NonceOctets)));

    public ValueTask<SaslStep> RespondAsync(byte[]? response, CancellationToken cancellationToken)
    {
        if (response is not { } text)
            return new(SaslVerifier.Empty);
        if (_result is { } result)
            return new(text.Length == 0 ? result : SaslStep.Malformed.Instance);
        return _keys is null ? BeginAsync(text, cancellationToken) : FinishAsync(text, cancellationToken);
    }

    private async ValueTask<SaslStep> BeginAsync(byte[] text, CancellationToken cancellationToken)
    {
        if (!Read(text))
            return SaslStep.Malformed.Instance;
        _keys = await verifier.FindKeysAsync(_user, cancellationToken).ConfigureAwait(false) ?? decoy.KeysOf(_user);
        var serverFirst = Encoding.ASCII.GetBytes(string.Create(
            CultureInfo.InvariantCulture, $"r={Encoding.ASCII.GetString(_nonce)},s={Convert.ToBase64String(_keys.Salt.Span)},i={_keys.Iterations}"));
        _transcript = [.. _transcript, (byte)',', .. serverFirst];
        return new SaslStep.Challenge(serverFirst);
    }

    private bool Read(ReadOnlySpan<byte> text)
    {
        if (!ScramClientFirst.TryRead(text, out var first) || !IsRightlyBound(first))
            return false;
        // RFC 5802 §5.1: the server prepares the name, and a name that cannot be prepared is nobody's.
        if (SaslPrep.Prepare(SaslVerifier.Text(first.UserName), out _) is not { Length: > 0 } user)
            return false;
        (_user, _authorizationId) = (user, SaslVerifier.Text(first.AuthorizationId));
        (_gs2Header, _transcript, _nonce) = (first.Gs2Header.ToArray(), first.Bare.ToArray(), [.. first.Nonce, .. ServerNonce]);
        return true;
    }

    // RFC 5802 §6: who says "the server cannot bind" where it has offered to, has been lied to on the way.
    private bool IsRightlyBound(in ScramClientFirst first) => first.Binding switch
    {
        ScramBinding.Used => endPoint is not null && first.BindingName.SequenceEqual("tls-server-end-point"u8),
        ScramBinding.NotOffered => plus is null,
        _ => endPoint is null,
    };

    private async ValueTask<SaslStep> FinishAsync(byte[] text, CancellationToken cancellationToken)
    {
        if (!TryVerify(text, out var signature, out var isProved))
            return SaslStep.Malformed.Instance;
        if (!isProved)
            return new SaslStep.Refused(AuthOutcome.Refused, _user);
        var mechanism = endPoint is null ? "SCRAM-SHA-256" : "SCRAM-SHA-256-PLUS";
        var step = await verifier.CheckAsync(new Credentials.Proved(_authorizationId, _user, mechanism), _user, cancellationToken).ConfigureAwait(false);
        if (step is not SaslStep.Accepted)
            return step;
        _result = step;
        return new SaslStep.Challenge(Encoding.ASCII.GetBytes($"v={Convert.ToBase64String(signature)}"));
    }

    /// <summary>RFC 5802 §3, and §6 for what the client was shown. False when the message is none.</summary>
    private bool TryVerify(ReadOnlySpan<byte> text, out byte[] signature, out bool isProved)
    {
        (signature, isProved) = ([], false);
        if (_keys is not { } keys || !ScramClientFinal.TryRead(text, out var final) || !final.Nonce.SequenceEqual(_nonce) || final.Proof.Length != SHA256.HashSizeInBytes)
            return false;
        byte[] transcript = [.. _transcript, (byte)',', .. final.WithoutProof];
        var clientKey = HMACSHA256.HashData(keys.StoredKey.Span, transcript);
        for (var i = 0; i < clientKey.Length; i++)
            clientKey[i] ^= final.Proof[i];
        var isBound = final.Binding.SequenceEqual([.. _gs2Header, .. (endPoint ?? default).Span]);
        isProved = CryptographicOperations.FixedTimeEquals(SHA256.HashData(clientKey), keys.StoredKey.Span) && isBound;
        signature = HMACSHA256.HashData(keys.ServerKey.Span, transcript);
        return true;
    }
}
