using System.Buffers.Text;

namespace MailServer.Wire.Sasl;

/// <summary>
/// A client's last message of SCRAM: <c>client-final-message-without-proof = channel-binding "," nonce ["," extensions]</c>,
/// <c>client-final-message = client-final-message-without-proof "," proof</c> (RFC 5802 §7).
/// </summary>
public readonly ref struct ScramClientFinal
{
    /// <summary>The GS2 header of the first message and the channel's data, with base64 taken off.</summary>
    public ReadOnlySpan<byte> Binding { get; private init; }

    /// <summary>The client's nonce and the server's.</summary>
    public ReadOnlySpan<byte> Nonce { get; private init; }

    /// <summary>What the proof is made over.</summary>
    public ReadOnlySpan<byte> WithoutProof { get; private init; }

    /// <summary>ClientProof.</summary>
    public ReadOnlySpan<byte> Proof { get; private init; }

    /// <summary>Reads a message.</summary>
    public static bool TryRead(ReadOnlySpan<byte> text, out ScramClientFinal message)
    {
        message = default;
        var last = text.LastIndexOf(",p="u8);
        if (last < 0 || !ScramText.TryCut(text[..last], "c="u8, out var binding, out var rest) || !ScramText.TryCut(rest, "r="u8, out var nonce, out _))
            return false;
        if (TryDecode(binding) is not { } bound || TryDecode(text[(last + 3)..]) is not { Length: > 0 } proof || !ScramText.IsNonce(nonce))
            return false;
        message = new() { Binding = bound, Nonce = nonce, WithoutProof = text[..last], Proof = proof };
        return true;
    }

    private static byte[]? TryDecode(ReadOnlySpan<byte> text)
    {
        var octets = new byte[Base64.GetMaxDecodedFromUtf8Length(text.Length)];
        return SaslText.TryDecode(text, octets, out var written) ? octets[..written] : null;
    }
}
