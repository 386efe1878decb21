using System.Text.Unicode;

namespace MailServer.Wire.Sasl;

/// <summary>What a client says of channel bindings, in the first octet of its first SCRAM message (RFC 5802 §6).</summary>
public enum ScramBinding
{
    /// <summary><c>n</c>: it can do none.</summary>
    None,
    /// <summary><c>y</c>: it could, but thinks that the server cannot.</summary>
    NotOffered,
    /// <summary><c>p</c>: it binds.</summary>
    Used,
}

/// <summary>
/// A client's first message of SCRAM: <c>client-first-message = gs2-header client-first-message-bare</c>, <c>gs2-header =
/// gs2-cbind-flag "," [ authzid ] ","</c>, <c>client-first-message-bare = [reserved-mext ","] username "," nonce ["," extensions]</c>
/// (RFC 5802 §7).
/// </summary>
public readonly ref struct ScramClientFirst
{
    /// <summary>A nonce is some twenty random characters; RFC 5802 sets no bound.</summary>
    public const int MaxNonce = 512;

    /// <summary>Whether the client binds the exchange to its TLS connection.</summary>
    public ScramBinding Binding { get; private init; }

    /// <summary>The channel binding's name, as <c>tls-server-end-point</c>, when there is one.</summary>
    public ReadOnlySpan<byte> BindingName { get; private init; }

    /// <summary>From the first octet to the second comma.</summary>
    public ReadOnlySpan<byte> Gs2Header { get; private init; }

    /// <summary>What follows, which the proof is made over.</summary>
    public ReadOnlySpan<byte> Bare { get; private init; }

    /// <summary>Whom to act as; empty for the user itself.</summary>
    public ReadOnlySpan<byte> AuthorizationId { get; private init; }

    /// <summary>Who it is.</summary>
    public ReadOnlySpan<byte> UserName { get; private init; }

    /// <summary>The client's nonce.</summary>
    public ReadOnlySpan<byte> Nonce { get; private init; }

    /// <summary>Reads a message. Extensions are allowed and mean nothing; a mandatory one (<c>m=</c>) is refused, as RFC 5802 §5.1 asks.</summary>
    public static bool TryRead(ReadOnlySpan<byte> text, out ScramClientFirst message)
    {
        message = default;
        if (!Utf8.IsValid(text) || !TryReadBinding(text, out var binding, out var name))
            return false;
        var first = text.IndexOf((byte)',');
        var second = text[(first + 1)..].IndexOf((byte)',');
        if (second < 0)
            return false;
        var authorization = text.Slice(first + 1, second);
        var bare = text[(first + second + 2)..];
        if (!ScramText.TryCut(bare, "n="u8, out var user, out var rest) || !ScramText.TryCut(rest, "r="u8, out var nonce, out _))
            return false;
        ReadOnlySpan<byte> authorizationId = default;
        if (!authorization.IsEmpty && (!authorization.StartsWith("a="u8) || !ScramText.TryReadName(authorization[2..], out authorizationId)))
            return false;
        if (!ScramText.TryReadName(user, out var userName) || nonce.Length > MaxNonce || !ScramText.IsNonce(nonce))
            return false;
        message = new()
        {
            Binding = binding,
            BindingName = name,
            Gs2Header = text[..(first + second + 2)],
            Bare = bare,
            AuthorizationId = authorizationId,
            UserName = userName,
            Nonce = nonce,
        };
        return true;
    }

    private static bool TryReadBinding(ReadOnlySpan<byte> text, out ScramBinding binding, out ReadOnlySpan<byte> name)
    {
        binding = ScramBinding.None;
        name = default;
        switch (text)
        {
            case [(byte)'n', (byte)',', ..]:
                return true;
            case [(byte)'y', (byte)',', ..]:
                binding = ScramBinding.NotOffered;
                return true;
            case [(byte)'p', (byte)'=', .. var rest] when rest.IndexOf((byte)',') is var end and > 0:
                binding = ScramBinding.Used;
                name = rest[..end];
                return true;
            default:
                return false;
        }
    }
}
