using System.Text;
using System.Text.Unicode;

namespace MailServer.Wire.Sasl;

/// <summary>
/// A client's message with a token: OAUTHBEARER's <c>client-resp = (gs2-header kvsep *kvpair kvsep) / kvsep</c> (RFC 7628 §3.1), or that of
/// XOAUTH2, which has <c>user=</c> in place of the header.
/// </summary>
public readonly ref struct BearerMessage
{
    private const byte Separator = 0x01;

    /// <summary>The token of the largest issuers is some 2 KiB; RFC 7628 sets no bound.</summary>
    public const int MaxToken = 8192;

    /// <summary>Whom to act as; empty for whom the token names.</summary>
    public ReadOnlySpan<byte> AuthorizationId { get; private init; }

    /// <summary>The token.</summary>
    public ReadOnlySpan<byte> Token { get; private init; }

    /// <summary>Reads a message of OAUTHBEARER.</summary>
    public static bool TryRead(ReadOnlySpan<byte> text, out BearerMessage message)
    {
        message = default;
        var end = text.IndexOf(Separator);
        if (end < 0 || !Utf8.IsValid(text))
            return false;
        // No channel binding: "p" would need one (RFC 7628 §3.1).
        if (text[..end] is not [(byte)'n' or (byte)'y', (byte)',', .. var header] || header is not [.. var authorization, (byte)','])
            return false;
        ReadOnlySpan<byte> authorizationId = default;
        if (!authorization.IsEmpty && (!authorization.StartsWith("a="u8) || !ScramText.TryReadName(authorization[2..], out authorizationId)))
            return false;
        return TryReadToken(text[(end + 1)..], authorizationId, out message);
    }

    /// <summary>Reads a message of XOAUTH2: <c>user=NAME ^A auth=Bearer TOKEN ^A ^A</c>.</summary>
    public static bool TryReadXoauth2(ReadOnlySpan<byte> text, out BearerMessage message)
    {
        message = default;
        var end = text.IndexOf(Separator);
        if (end < 0 || end > PlainMessage.MaxPart || !text.StartsWith("user="u8) || !Utf8.IsValid(text))
            return false;
        return TryReadToken(text[(end + 1)..], text[5..end], out message);
    }

    // kvpair = key "=" value kvsep; of them only auth counts here.
    private static bool TryReadToken(ReadOnlySpan<byte> pairs, ReadOnlySpan<byte> authorizationId, out BearerMessage message)
    {
        message = default;
        while (pairs.IndexOf(Separator) is var end and > 0)
        {
            var pair = pairs[..end];
            pairs = pairs[(end + 1)..];
            if (!pair.StartsWith("auth="u8))
                continue;
            // RFC 6750 §2.1; the scheme's name is in any case (RFC 9110 §11.1).
            var value = pair[5..];
            if (value.Length is < 8 or > MaxToken || !Ascii.EqualsIgnoreCase(value[..7], "Bearer "u8))
                return false;
            message = new() { AuthorizationId = authorizationId, Token = value[7..] };
        }

        return !message.Token.IsEmpty && pairs is [Separator];
    }
}
