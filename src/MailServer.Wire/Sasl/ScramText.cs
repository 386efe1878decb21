using System.Buffers;

namespace MailServer.Wire.Sasl;

/// <summary>The pieces that SCRAM's messages are made of (RFC 5802 §7).</summary>
internal static class ScramText
{
    /// <summary><c>printable = %x21-2B / %x2D-7E</c>.</summary>
    private static readonly SearchValues<byte> Printable = SearchValues.Create([.. Enumerable.Range(0x21, 0x7E - 0x20).Where(c => c != ',').Select(c => (byte)c)]);

    public static bool IsNonce(ReadOnlySpan<byte> text) => !text.IsEmpty && !text.ContainsAnyExcept(Printable);

    /// <summary>Cuts an attribute off: what follows its name up to the comma, and what comes behind that.</summary>
    public static bool TryCut(ReadOnlySpan<byte> text, ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value, out ReadOnlySpan<byte> rest)
    {
        value = rest = default;
        if (!text.StartsWith(name))
            return false;
        value = text[name.Length..];
        if (value.IndexOf((byte)',') is var comma and >= 0)
        {
            rest = value[(comma + 1)..];
            value = value[..comma];
        }

        return true;
    }

    /// <summary><c>saslname</c>: UTF-8 in which <c>=2C</c> is a comma, <c>=3D</c> an equals sign, and neither stands for itself.</summary>
    public static bool TryReadName(ReadOnlySpan<byte> text, out ReadOnlySpan<byte> name)
    {
        name = text;
        if (text.Length is 0 or > PlainMessage.MaxPart || text.Contains((byte)0))
            return false;
        if (!text.Contains((byte)'='))
            return true;
        var octets = new byte[text.Length];
        var length = 0;
        for (var i = 0; i < text.Length; i++)
        {
            octets[length] = text[i];
            if (text[i] == (byte)'=')
            {
                octets[length] = text[i..] switch
                {
                    [_, (byte)'2', (byte)'C', ..] => (byte)',',
                    [_, (byte)'3', (byte)'D', ..] => (byte)'=',
                    _ => 0,
                };
                i += 2;
            }

            if (octets[length++] == 0)
                return false;
        }

        name = octets.AsSpan(0, length);
        return true;
    }
}
