using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;

namespace MailServer.Storage;

/// <summary>
/// Tells one message from another by all its octets, with LF and CRLF counted as one. Half of SHA-256: to make two messages with one hash
/// would take 2^64 attempts, and gain that one's own mail is left out.
/// </summary>
internal readonly record struct ContentHash(UInt128 Value)
{
    /// <exception cref="IOException">It cannot be read.</exception>
    public static ContentHash Of(Stream message)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var piece = ArrayPool<byte>.Shared.Rent(64 * 1024);
        var text = ArrayPool<byte>.Shared.Rent(LfConverter.MaxLength(piece.Length));
        var converter = default(LfConverter);
        while (message.Read(piece) is > 0 and var count)
            hash.AppendData(text.AsSpan(0, converter.Convert(piece.AsSpan(0, count), text)));
        hash.AppendData(text.AsSpan(0, converter.Finish(text)));
        ArrayPool<byte>.Shared.Return(piece);
        ArrayPool<byte>.Shared.Return(text);
        return new(BinaryPrimitives.ReadUInt128BigEndian(hash.GetHashAndReset()));
    }

    /// <summary>Of a name.</summary>
    public static ContentHash Of(string text) => new(BinaryPrimitives.ReadUInt128BigEndian(SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(text))));

    public static bool TryParse(string text, out ContentHash hash)
    {
        var isRight = UInt128.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value);
        hash = new(value);
        return isRight;
    }

    public override string ToString() => Value.ToString("x32", CultureInfo.InvariantCulture);
}
