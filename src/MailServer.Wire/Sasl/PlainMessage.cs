using System.Text.Unicode;

namespace MailServer.Wire.Sasl;

/// <summary>
/// The one message of SASL PLAIN: <c>message = [authzid] UTF8NUL authcid UTF8NUL passwd</c> (RFC 4616 §2). Preparation (SASLprep) is the
/// work of whoever compares.
/// </summary>
public readonly ref struct PlainMessage
{
    /// <summary>RFC 4616 §2 asks for at least 255 octets each; nobody has more to say.</summary>
    public const int MaxPart = 1024;

    /// <summary>Whom to act as; empty for the user itself.</summary>
    public ReadOnlySpan<byte> AuthorizationId { get; private init; }

    /// <summary>Who presents the password.</summary>
    public ReadOnlySpan<byte> AuthenticationId { get; private init; }

    /// <summary>The password.</summary>
    public ReadOnlySpan<byte> Password { get; private init; }

    /// <summary>Reads a message that base64 has been taken off.</summary>
    public static bool TryRead(ReadOnlySpan<byte> text, out PlainMessage message)
    {
        message = default;
        var first = text.IndexOf((byte)0);
        if (first < 0)
            return false;
        var rest = text[(first + 1)..];
        var second = rest.IndexOf((byte)0);
        if (second <= 0)
            return false;
        var identity = rest[..second];
        var password = rest[(second + 1)..];
        if (first > MaxPart || identity.Length > MaxPart || password.Length is 0 or > MaxPart || password.Contains((byte)0) || !Utf8.IsValid(text))
            return false;
        message = new() { AuthorizationId = text[..first], AuthenticationId = identity, Password = password };
        return true;
    }
}
